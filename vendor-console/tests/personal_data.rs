//! Neither logs nor metrics hold what belongs to a person or is a secret, however much is logged.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::panic)] // a test

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Command, Stdio};

use protocol::message::device::{DeviceReply, DeviceRequest};
use protocol::message::enrol::{EnrolReply, EnrolRequest};
use protocol::message::staff::{CustomerFields, DeviceFields, Query, Settlement, StaffReply, StaffRequest};
use protocol::message::{Reply, Service};
use protocol::net::{Client, DeviceKey, client_config, enrol_config};
use protocol::{ActivationCode, ContractUserId, OrderId};
use serde_json::Value;
use uuid::Uuid;
use vendor_console::client::{StaffClient, read_credentials};

const NAME: &str = "鈴木花子写真館";
const EMAIL: &str = "hanako@suzuki-photo.example";

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn names_addresses_contract_ids_and_activation_codes_are_in_no_log_and_no_metric() {
    let folder = tempfile::tempdir().unwrap();
    let server = || Command::new(env!("CARGO_BIN_EXE_vendor-server"));
    assert!(server().args(["init", "--data"]).arg(folder.path()).output().unwrap().status.success());
    let log = folder.path().join("log");
    let mut child = server()
        .args(["--json", "--listen", "127.0.0.1:0", "--metrics", "127.0.0.1:0", "--data"])
        .arg(folder.path())
        .env("RUST_LOG", "trace")
        .stdout(Stdio::piped())
        .stderr(std::fs::File::create(&log).unwrap())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let started: Value = serde_json::from_str(&line).unwrap();
    let address = started["listening"].as_str().unwrap();

    let admin = read_credentials(&folder.path().join("admin.pem")).unwrap();
    let staff = StaffClient::new(address, &admin).unwrap();
    let fields = CustomerFields {
        name: NAME.parse().unwrap(),
        email: Some(EMAIL.parse().unwrap()),
        settlement: Settlement::Monthly,
    };
    let StaffReply::Customer(customer) = staff.request(StaffRequest::CreateCustomer(fields)).await.unwrap() else {
        panic!()
    };
    let contract = customer.contracts[0].id.clone();
    let search = Query { search: Some(NAME.parse().unwrap()), ..Query::default() };
    staff.request(StaffRequest::Customers(search)).await.unwrap();
    let serial: protocol::DeviceSerial = "HK-320-0001".parse().unwrap();
    let device = DeviceFields { serial: serial.clone(), model: "Hikari 320".parse().unwrap(), customer: None };
    let registered = staff.request(StaffRequest::RegisterDevice(device)).await.unwrap();
    let StaffReply::Activation { code, .. } = registered else { panic!() };

    let key = DeviceKey::generate().unwrap();
    let csr = key.signing_request().unwrap();
    let fingerprint = staff.ca_fingerprint();
    let enrol = Client::connect_to(address, enrol_config(fingerprint).unwrap()).await.unwrap();
    let wrong = ActivationCode::from_random([0x5a; 16]);
    let mut certificate = None;
    for code in [wrong.clone(), code.clone()] {
        let request = EnrolRequest::Enrol { serial: serial.clone(), code, csr: csr.clone() };
        let reply: Reply<EnrolReply> = enrol.request(&request).await.unwrap();
        if let Ok(EnrolReply::Enrolled { chain: issued, .. }) = reply.outcome {
            certificate = Some(issued);
        }
    }
    let credentials = key.into_credentials(&certificate.unwrap(), enrol.server_root(fingerprint).unwrap());
    let device = Client::connect_to(address, client_config(&credentials, Service::Device).unwrap()).await.unwrap();
    let stranger = ContractUserId::from_body(987_654_321);
    for contract in [Some(contract.clone()), Some(stranger.clone()), None] {
        let order = OrderId(Uuid::now_v7());
        let request = DeviceRequest::Order { order, option: "ocr-package".parse().unwrap(), contract, pin: None };
        let reply: Reply<DeviceReply> = device.request(&request).await.unwrap();
        assert!(reply.outcome.is_err());
    }

    let metrics = started["metrics"].as_str().unwrap();
    let address = metrics.strip_prefix("http://").and_then(|rest| rest.strip_suffix("/metrics")).unwrap();
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(b"GET /metrics HTTP/1.1\r\nhost: here\r\n\r\n").unwrap();
    let mut page = String::new();
    stream.read_to_string(&mut page).unwrap();
    assert!(Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap().success());
    assert!(child.wait().unwrap().success());

    let log = String::from_utf8_lossy(&std::fs::read(&log).unwrap()).into_owned();
    assert!(log.contains("device enrolled"), "the log is there");
    assert!(page.contains("kobai_requests_total{service=\"enrol\",outcome=\"activation-refused\"} 1"), "{page}");
    let mut secrets =
        vec![NAME.to_owned(), EMAIL.to_owned(), contract.as_str().to_owned(), stranger.as_str().to_owned()];
    for code in [&code, &wrong] {
        // As people see it, and as it travels.
        secrets.extend([code.to_string(), code.to_string().replace('-', "")]);
    }
    for secret in &secrets {
        for (place, text) in [("log", &log), ("metrics", &page)] {
            let line = text.lines().find(|line| line.contains(secret.as_str()));
            assert!(line.is_none(), "{secret} is in the {place}: {line:?}");
        }
    }
    for private in ["HK-320-0001", "127.0.0.1"] {
        assert!(!page.contains(private), "{private} is in the metrics");
    }
}
