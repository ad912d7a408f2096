//! The staff commands as scripts use them: the real binary against a real server, its JSON and its exit codes.

#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::{Mutex, PoisonError};

use protocol::package::file::pack;
use protocol::package::{FeatureList, PackageContent, ProgramLimits};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::runtime::Runtime;
use vendor_console::clock::Clock;
use vendor_console::server::{self, Role, SecondPerson, Server, ServerOptions};

/// Between fork and exec a new process holds a copy of every open file, and with it the lock of a data folder that is
/// just being closed and opened again. So servers and processes are started one after another.
static STARTING: Mutex<()> = Mutex::new(());

fn output_of(command: &mut Command) -> Output {
    let child = {
        let _one = STARTING.lock().unwrap_or_else(PoisonError::into_inner);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    };
    child.wait_with_output().unwrap()
}

/// A server on loopback and the way to ask it.
struct Vendor {
    runtime: Runtime,
    folder: TempDir,
    server: Option<Server>,
    address: SocketAddr,
}

impl Vendor {
    fn start() -> Self {
        let _one = STARTING.lock().unwrap_or_else(PoisonError::into_inner);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("vendor");
        let server = runtime.block_on(async {
            server::init(&data, SecondPerson::Solo, &Clock::System).await.unwrap();
            let listen = (Ipv4Addr::LOCALHOST, 0).into();
            Server::start(ServerOptions::new(listen, Role::All { data: data.clone() }, Clock::System)).await.unwrap()
        });
        let address = server.local_addr();
        Self { runtime, folder, server: Some(server), address }
    }

    fn admin(&self) -> PathBuf {
        self.folder.path().join("vendor/admin.pem")
    }

    fn run(&self, line: &str) -> Output {
        self.run_with(line, &[])
    }

    fn run_with(&self, line: &str, more: &[&str]) -> Output {
        output_of(
            Command::new(env!("CARGO_BIN_EXE_vendor-console"))
                .args(line.split_whitespace())
                .args(more)
                .args(["--server", &self.address.to_string(), "--as"])
                .arg(self.admin()),
        )
    }

    /// Runs a command that must succeed, with `--json`.
    fn json(&self, line: &str) -> Value {
        self.json_with(line, &[])
    }

    fn json_with(&self, line: &str, more: &[&str]) -> Value {
        let more: Vec<_> = more.iter().copied().chain(["--json"]).collect();
        let output = self.run_with(line, &more);
        assert!(output.status.success(), "{line}: {}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice(&output.stdout).unwrap()
    }

    /// Runs a command that must fail with this status; what it says.
    fn failure(&self, line: &str, status: i32) -> String {
        let output = self.run(line);
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(status), "{line}: {said}");
        assert!(output.stdout.is_empty(), "{line}");
        said
    }
}

impl Drop for Vendor {
    fn drop(&mut self) {
        if let Some(server) = self.server.take() {
            self.runtime.block_on(server.shutdown());
        }
    }
}

fn write(path: &Path, content: &[u8]) -> String {
    std::fs::write(path, content).unwrap();
    path.to_str().unwrap().to_owned()
}

#[test]
fn a_customer_is_entered_found_changed_and_has_contracts() {
    let vendor = Vendor::start();
    let made = vendor.json_with("customer create --email pay@acme.example", &["--name", "青空印刷 株式会社"]);
    assert_eq!((&made["id"], &made["settlement"]), (&json!("C-0001"), &json!("monthly")));
    let first = made["contracts"][0]["id"].as_str().unwrap().to_owned();
    vendor.json("customer create --name Acme --settlement on-demand");

    assert_eq!(vendor.json("customer list")["total"], 2);
    assert_eq!(vendor.json("customer list --limit 1 --offset 1")["rows"][0]["name"], "Acme");
    assert_eq!(vendor.json("customer search acme")["rows"][0]["id"], "C-0001", "its address says acme");

    let changed = vendor.json("customer edit C-1 --suspend --no-email");
    assert_eq!((&changed["suspended"], &changed["email"]), (&json!(true), &Value::Null));
    assert_eq!(changed["name"], "青空印刷 株式会社", "what is not named stays");
    assert_eq!(vendor.json("customer edit C-1 --resume")["suspended"], false);

    let two = vendor.json("customer contract add C-1");
    assert_eq!(two["contracts"].as_array().unwrap().len(), 2);
    let ended = vendor.json(&format!("customer contract end {first}"));
    assert_eq!(ended["contracts"][0], json!({"id": first, "active": false, "has_pin": false}));
    vendor.json(&format!("customer contract resume {first}"));

    let pin = write(&vendor.folder.path().join("pin"), b"004711\n");
    let with_pin = vendor.json_with(&format!("customer contract set-pin {first} --pin-file"), &[pin.as_str()]);
    assert_eq!(with_pin["contracts"][0]["has_pin"], true);
    assert!(!with_pin.to_string().contains("004711"));
    let cleared = vendor.json(&format!("customer contract set-pin {first} --clear"));
    assert_eq!(cleared["contracts"][0]["has_pin"], false);
    assert_eq!(vendor.run(&format!("customer contract set-pin {first}")).status.code(), Some(2), "neither");

    let table = String::from_utf8(vendor.run("customer list").stdout).unwrap();
    assert!(table.starts_with("NUMBER  NAME"), "{table}");
}

#[test]
fn a_device_gets_its_code_once_and_can_be_assigned_and_revoked() {
    let vendor = Vendor::start();
    vendor.json("customer create --name Acme");
    let made = vendor.json("device register MX-204-0001 --model MX-204");
    let code = made["activation_code"].as_str().unwrap().to_owned();
    assert_eq!((code.len(), made["ca_fingerprint"].as_str().unwrap().len()), (30, 64));
    assert_eq!((&made["state"], &made["customer"]), (&json!("registered"), &Value::Null));

    assert_eq!(vendor.json("device assign MX-204-0001 C-1")["customer_name"], "Acme");
    assert_eq!(vendor.json("device edit MX-204-0001 --model MX-205")["customer"], "C-0001", "stays assigned");
    assert_eq!(vendor.json("device assign MX-204-0001 --nobody")["customer"], Value::Null);
    assert_ne!(vendor.json("device new-code MX-204-0001")["activation_code"], json!(code));
    assert!(vendor.json("device show MX-204-0001").get("activation_code").is_none());
    assert_eq!(vendor.json("device revoke MX-204-0001")["state"], "revoked");
    assert_eq!(vendor.json("device search mx-204")["total"], 1);
}

#[test]
fn an_option_is_created_priced_and_published() {
    let vendor = Vendor::start();
    let texts = [
        "--name-ja",
        "OCR パッケージ",
        "--name-en",
        "OCR package",
        "--description-ja",
        "説明",
        "--description-en",
        "It reads.",
    ];
    let create =
        "option create ocr-package --kind program --offer permanent=20000 --offer uses:10=2000 --offer days:30=1500";
    let made = vendor.json_with(create, &texts);
    assert_eq!(made["offers"][1], json!({"form": "uses:10", "price_yen": 2000, "trial": false}));
    assert_eq!((&made["release"], &made["for_sale"]), (&Value::Null, &json!(true)));

    let program = PackageContent::Program(ProgramLimits::new(64, 1_000_000).unwrap());
    let provides = FeatureList::new(vec!["text-recognition".parse().unwrap()]).unwrap();
    let package = pack(program, provides, &vec![7; 2_500_000]).unwrap();
    let content = write(&vendor.folder.path().join("ocr.kop"), &package);
    let published = vendor.json(&format!("option publish ocr-package {content}"));
    assert_eq!((&published["release"], &published["content_bytes"]), (&json!(1), &json!(2_500_000)));
    assert_eq!((&published["memory_mib"], &published["provides"]), (&json!(64), &json!(["text-recognition"])));
    let edited = vendor.json("option edit ocr-package --offer permanent=18000 --not-for-sale");
    assert_eq!(edited["offers"], json!([{"form": "permanent", "price_yen": 18000, "trial": false}]));
    assert_eq!((&edited["name_en"], &edited["for_sale"]), (&json!("OCR package"), &json!(false)));

    assert_eq!(vendor.json("order list --open")["rows"], json!([]));
    assert_eq!(vendor.json("charge list --from 2026-01-01 --uninvoiced")["sum_yen"], 0);
    assert_eq!(vendor.json("invoice settle --until 2026-01-01")["total"], 0);
}

#[test]
fn each_kind_of_failure_has_its_exit_code_and_a_sentence() {
    let vendor = Vendor::start();
    vendor.failure("customer create", 2);
    vendor.failure("option edit ocr --offer sometimes=1", 2);
    let said = vendor.failure("customer show C-9", 3);
    assert!(said.contains("[not-found]") && said.contains("Check the number or name."), "{said}");
    vendor.json("device register MX-204-0001 --model MX-204");
    assert!(vendor.failure("device register MX-204-0001 --model MX-204", 3).contains("[conflict]"));
    assert!(vendor.failure("invoice show INV-7", 3).contains("[not-found]"));
    let package = pack(PackageContent::FontPack, FeatureList::default(), b"x").unwrap();
    let package = write(&vendor.folder.path().join("some.kop"), &package);
    assert!(vendor.failure(&format!("option publish no-such {package}"), 3).contains("[not-found]"));
    let empty = write(&vendor.folder.path().join("empty"), b"");
    assert!(vendor.failure(&format!("option publish no-such {empty}"), 5).contains("option pack"));
    assert!(vendor.failure("option publish no-such /no/such/file", 5).contains("/no/such/file"));

    let ask = |server: &str, certificate: &str| {
        let binary = env!("CARGO_BIN_EXE_vendor-console");
        let output = output_of(Command::new(binary).args(["order", "list", "--server", server, "--as", certificate]));
        output.status.code()
    };
    let (address, admin) = (vendor.address.to_string(), vendor.admin());
    assert_eq!(ask("no such host", admin.to_str().unwrap()), Some(4));
    assert_eq!(ask(&address, "/no/such.pem"), Some(5));
    let stranger = Vendor::start();
    assert_eq!(ask(&address, stranger.admin().to_str().unwrap()), Some(4), "another vendor's certificate");
}
