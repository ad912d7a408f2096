//! One package of 1 GiB: the device receives it, verifies it and stores it durably; beside a file copy and a raw QUIC
//! stream to a file, of the same bytes in the same run. `KOBAI_BENCH_MIB` sets another size.

#![allow(clippy::unwrap_used, clippy::panic)] // a bench whose set-up fails has no figures

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use e2e::process::{Actor, peak_memory_mib, role, say, wait_for_end};
use e2e::{Device, OptionSpec, Vendor, package_content};
use panel_app::core::{Command, Screen};
use protocol::Digest;
use protocol::message::Service;
use protocol::net::{Client, Credentials, Identity, Root, bind_server, client_config, quinn, server_config};
use protocol::package::file::PackageHeader;
use protocol::package::{FeatureList, OptionKind};

const OPTION: &str = "one-gibibyte";
const BUFFER_BYTES: usize = 1 << 20;
const ROUNDS: usize = 3;

fn main() {
    match role() {
        None => bench(),
        Some((role, args)) => match role.as_str() {
            "vendor" => vendor(Path::new(&args[0])),
            "device" => device(&args),
            "raw-server" => raw_server(&args),
            "raw-client" => raw_client(&args),
            other => panic!("no role {other}"),
        },
    }
}

fn bench() {
    let mib: u64 = std::env::var("KOBAI_BENCH_MIB").ok().and_then(|mib| mib.parse().ok()).unwrap_or(1_024);
    let dir = tempfile::tempdir().unwrap();
    let (source, package) = (dir.path().join("source"), dir.path().join("package.kop"));
    let digest = write_noise(&source, mib);
    pack(&source, digest, &package);
    let credentials = raw_credentials(dir.path());

    let mut vendor = Actor::start("vendor", &[text(&package)], None);
    let address = vendor.hear();
    let (mut copy, mut raw, mut kobai) = (Vec::new(), Vec::new(), Vec::new());
    let mut device_mib = 0;
    for round in 0..ROUNDS {
        copy.push(copy_durably(&source, &dir.path().join("copy")));
        raw.push(raw_stream(&source, &dir.path().join("raw"), &credentials));
        let mut args: Vec<String> = address.split(' ').map(str::to_owned).collect();
        args.push(round.to_string());
        let mut device = Actor::start("device", &args, None);
        kobai.push(Duration::from_secs_f64(device.hear().parse().unwrap()));
        device_mib = device_mib.max(device.end().parse::<u64>().unwrap());
    }
    let vendor_mib = vendor.end();
    let speed = |times: &mut Vec<Duration>| {
        times.sort();
        mib as f64 * 1.048_576 / times[times.len() / 2].as_secs_f64()
    };
    let (copy, raw, kobai) = (speed(&mut copy), speed(&mut raw), speed(&mut kobai));
    say(&format!("delivery of {mib} MiB, median of {ROUNDS}:"));
    say(&format!("  (a) file copy + fdatasync           {copy:7.0} MB/s"));
    say(&format!("  (b) raw QUIC to a file + fdatasync  {raw:7.0} MB/s"));
    say(&format!("  Kobai, verified, durable in redb    {kobai:7.0} MB/s"));
    say(&format!("  ratio to (a) {:.2}, to (b) {:.2} (target 0.60)", kobai / copy, kobai / raw));
    say(&format!("  peak memory: device {device_mib} MiB, vendor {vendor_mib} MiB (target below 200)"));
}

/// Bytes that no compression and no coincidence makes smaller.
fn write_noise(path: &Path, mib: u64) -> Digest {
    let mut file = File::create(path).unwrap();
    let mut hasher = blake3::Hasher::new();
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut buffer = vec![0; BUFFER_BYTES];
    for _ in 0..mib {
        for word in buffer.chunks_exact_mut(8) {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            word.copy_from_slice(&state.to_le_bytes());
        }
        file.write_all(&buffer).unwrap();
        hasher.update(&buffer);
    }
    file.sync_data().unwrap();
    Digest(hasher.finalize().into())
}

fn pack(content: &Path, digest: Digest, to: &Path) {
    let bytes = content.metadata().unwrap().len();
    let header = PackageHeader::new(package_content(OptionKind::Program), FeatureList::default(), bytes, digest);
    let mut file = File::create(to).unwrap();
    file.write_all(&header.unwrap().to_bytes()).unwrap();
    std::io::copy(&mut File::open(content).unwrap(), &mut file).unwrap();
}

fn copy_durably(from: &Path, to: &Path) -> Duration {
    let started = Instant::now();
    let (mut from, mut file) = (File::open(from).unwrap(), File::create(to).unwrap());
    let mut buffer = vec![0; BUFFER_BYTES];
    loop {
        match from.read(&mut buffer).unwrap() {
            0 => break,
            len => file.write_all(&buffer[..len]).unwrap(),
        }
    }
    file.sync_data().unwrap();
    let took = started.elapsed();
    std::fs::remove_file(to).unwrap();
    took
}

fn vendor(package: &Path) {
    let vendor = Vendor::start();
    let offers = [("permanent", 1), ("uses:1", 1)];
    let spec = OptionSpec { id: OPTION, kind: OptionKind::Program, offers: &offers, content: &[] };
    vendor.publish_file(&spec, package);
    let customer = vendor.customer("Bench");
    let codes: Vec<String> =
        (0..ROUNDS).map(|n| vendor.register(&format!("BENCH-{n}"), Some(&customer)).to_string()).collect();
    say(&format!("{} {} {}", vendor.addr(), vendor.ca_fingerprint(), codes.join(" ")));
    wait_for_end();
    say(&peak_memory_mib().to_string());
}

fn device(args: &[String]) {
    let round: usize = args.last().unwrap().parse().unwrap();
    let device = Device::new();
    let code = args[2 + round].parse().unwrap();
    device.enrol(args[0].parse().unwrap(), args[1].parse().unwrap(), &format!("BENCH-{round}"), &code);
    device.apply(Command::OpenOffer(OPTION.parse().unwrap()));
    device.wait_screen(|screen| matches!(screen, Screen::Offer { .. }));
    let started = Instant::now();
    device.apply(Command::Confirm);
    device.wait_screen(|screen| matches!(screen, Screen::Choose { .. }));
    say(&started.elapsed().as_secs_f64().to_string());
    wait_for_end();
    say(&peak_memory_mib().to_string());
}

fn raw_credentials(dir: &Path) -> (PathBuf, PathBuf) {
    #[allow(clippy::disallowed_methods)] // a certificate needs the real time
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    let now = protocol::Timestamp::from_ms(u64::try_from(now.as_millis()).unwrap());
    let authority = Root::generate(now).unwrap().issue_authority(now).unwrap();
    let (server, client) = (dir.join("server.pem"), dir.join("client.pem"));
    std::fs::write(&server, authority.issue_server(now).unwrap().to_pem()).unwrap();
    std::fs::write(&client, authority.issue_client(&Identity::Distribution, now).unwrap().to_pem()).unwrap();
    (server, client)
}

fn raw_stream(source: &Path, target: &Path, (server, client): &(PathBuf, PathBuf)) -> Duration {
    let mut sender = Actor::start("raw-server", &[text(server), text(source)], None);
    let addr = sender.hear();
    let mut receiver = Actor::start("raw-client", &[text(client), addr, text(target)], None);
    let took = Duration::from_secs_f64(receiver.hear().parse().unwrap());
    receiver.end();
    sender.end();
    std::fs::remove_file(target).unwrap();
    took
}

fn read_credentials(path: &str) -> Credentials {
    Credentials::from_pem(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn current_thread() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

fn raw_server(args: &[String]) {
    let credentials = read_credentials(&args[0]);
    let config = server_config(&credentials, &[Service::Content]).unwrap();
    current_thread().block_on(async {
        let endpoint = bind_server(SocketAddr::from(([127, 0, 0, 1], 0)), config, &credentials).unwrap();
        say(&endpoint.local_addr().unwrap().to_string());
        let connection = endpoint.accept().await.unwrap().await.unwrap();
        let (mut send, _recv) = connection.accept_bi().await.unwrap();
        let mut file = File::open(&args[1]).unwrap();
        let mut buffer = vec![0; BUFFER_BYTES];
        loop {
            match file.read(&mut buffer).unwrap() {
                0 => break,
                len => send.write_all(&buffer[..len]).await.unwrap(),
            }
        }
        send.finish().unwrap();
        connection.closed().await;
    });
    wait_for_end();
}

fn raw_client(args: &[String]) {
    let config = client_config(&read_credentials(&args[0]), Service::Content).unwrap();
    let target = args[2].clone();
    let took = current_thread().block_on(async {
        let client = Client::connect(args[1].parse().unwrap(), config).await.unwrap();
        let started = Instant::now();
        let (_send, recv) = client.open(&0_u8).await.unwrap();
        receive(recv, &target).await;
        let took = started.elapsed();
        client.close().await;
        took
    });
    say(&took.as_secs_f64().to_string());
    wait_for_end();
}

/// Large reused buffers, written on a thread of their own: the fastest way that was measured.
async fn receive(mut recv: quinn::RecvStream, target: &str) {
    let mut file = File::create(target).unwrap();
    let (full, to_write) = std::sync::mpsc::sync_channel::<Vec<u8>>(4);
    let (empty, mut to_fill) = tokio::sync::mpsc::unbounded_channel();
    for _ in 0..6 {
        empty.send(Vec::with_capacity(BUFFER_BYTES)).unwrap();
    }
    let writer = std::thread::spawn(move || {
        for mut buffer in to_write {
            file.write_all(&buffer).unwrap();
            buffer.clear();
            let _ = empty.send(buffer);
        }
        file.sync_data().unwrap();
    });
    let mut ended = false;
    while !ended {
        let mut buffer = to_fill.recv().await.unwrap();
        buffer.resize(BUFFER_BYTES, 0);
        let mut filled = 0;
        while filled < BUFFER_BYTES {
            match recv.read(&mut buffer[filled..]).await.unwrap() {
                Some(len) => filled += len,
                None => {
                    ended = true;
                    break;
                }
            }
        }
        buffer.truncate(filled);
        full.send(buffer).unwrap();
    }
    drop(full);
    writer.join().unwrap();
}

fn text(path: &Path) -> String {
    path.to_str().unwrap().to_owned()
}
