//! The commands of `vendor-server`, as scripts see them: output, exit status, signals.
#![cfg(unix)]
#![allow(clippy::unwrap_used)] // a test

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use serde_json::Value;

fn vendor_server() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_vendor-server"));
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn init(data: &Path) -> Output {
    vendor_server().args(["init", "--json", "--data"]).arg(data).output().unwrap()
}

/// A server that listens, and the line that it printed.
fn serve(data: &Path) -> (Child, Value) {
    let mut command = vendor_server();
    command.args(["--json", "--listen", "127.0.0.1:0", "--data"]).arg(data);
    let mut child = command.spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    (child, serde_json::from_str(&line).unwrap())
}

fn signal(child: &Child, name: &str) {
    let sent = Command::new("kill").args([name, &child.id().to_string()]).status().unwrap();
    assert!(sent.success());
}

fn refused(output: &Output, status: i32, code: &str) {
    let message = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(status), "{message}");
    assert!(message.trim_end().ends_with(&format!("[{code}]")), "{message}");
    assert!(output.stdout.is_empty());
}

#[test]
fn a_vendor_is_made_once_serves_and_stops_cleanly_on_either_signal() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let made: Value = serde_json::from_slice(&init(&data).stdout).unwrap();
    assert!(Path::new(made["admin"].as_str().unwrap()).is_file());
    refused(&init(&data), 3, "already-initialised");
    for name in ["-TERM", "-INT"] {
        let (mut child, started) = serve(&data);
        assert_eq!(started["ca_fingerprint"], made["ca_fingerprint"]);
        let address: std::net::SocketAddr = started["listening"].as_str().unwrap().parse().unwrap();
        assert!(address.ip().is_loopback() && address.port() != 0);
        let second = vendor_server().args(["--listen", "127.0.0.1:0", "--data"]).arg(&data).output().unwrap();
        refused(&second, 5, "data-in-use");
        let taken = folder.path().join("other");
        init(&taken);
        let second = vendor_server().args(["--listen", &address.to_string(), "--data"]).arg(&taken).output().unwrap();
        refused(&second, 4, "cannot-listen");
        signal(&child, name);
        assert!(child.wait().unwrap().success(), "{name}");
    }
}

#[test]
fn a_server_that_was_killed_starts_again() {
    let folder = tempfile::tempdir().unwrap();
    init(folder.path());
    for _ in 0..2 {
        let (mut child, _) = serve(folder.path());
        child.kill().unwrap();
        child.wait().unwrap();
    }
}

#[test]
fn a_distribution_service_starts_with_its_identity_and_without_books() {
    let folder = tempfile::tempdir().unwrap();
    let (data, identity) = (folder.path().join("data"), folder.path().join("identity"));
    init(&data);
    let issue = || {
        let mut command = vendor_server();
        command.arg("issue-distribution").arg("--data").arg(&data).arg("--out").arg(&identity).output().unwrap()
    };
    assert!(issue().status.success());
    refused(&issue(), 3, "file-exists");
    let mut command = vendor_server();
    command.args(["--role", "distribution", "--customers", "127.0.0.1:9", "--listen", "127.0.0.1:0", "--identity"]);
    command.arg(&identity).arg("--packages").arg(folder.path().join("packages"));
    let mut child = command.spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    assert!(line.starts_with("listening on 127.0.0.1:"), "{line}");
    signal(&child, "-TERM");
    assert!(child.wait().unwrap().success());
}

#[test]
fn what_does_not_fit_together_is_a_usage_error() {
    for arguments in [
        &["--role", "customers"][..],
        &["--role", "distribution"],
        &["--role", "nothing"],
        &["--listen", "nowhere"],
        &["--content-server", "a:1"],
        &["--identity", "x"],
        &["--role", "distribution", "--identity", "x", "--customers", "y:1", "--packages", "z", "--data", "d"],
        &["issue-distribution"],
        &["frobnicate"],
    ] {
        let output = vendor_server().args(arguments).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
    }
    let folder = tempfile::tempdir().unwrap();
    let missing = vendor_server().arg("--data").arg(folder.path().join("nothing")).output().unwrap();
    refused(&missing, 5, "not-initialised");
}
