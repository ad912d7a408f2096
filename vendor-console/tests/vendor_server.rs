//! The commands of `vendor-server`, as scripts see them: output, exit status, signals.
#![cfg(unix)]
#![allow(clippy::unwrap_used)] // a test

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
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
fn serve(data: &Path, arguments: &[&str]) -> (Child, Value) {
    let mut command = vendor_server();
    command.args(["--json", "--listen", "127.0.0.1:0", "--data"]).arg(data).args(arguments);
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
        let (mut child, started) = serve(&data, &[]);
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
        let (mut child, _) = serve(folder.path(), &[]);
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
fn an_identity_of_a_distribution_service_is_on_file_while_the_server_runs_and_can_be_revoked() {
    let folder = tempfile::tempdir().unwrap();
    let (data, out) = (folder.path().join("data"), folder.path().join("identity"));
    init(&data);
    let (mut child, started) = serve(&data, &[]);
    let mut issue = vendor_server();
    issue.args(["issue-distribution", "--json", "--name", "osaka", "--data"]).arg(&data).arg("--out").arg(&out);
    let issued: Value = serde_json::from_str(&printed(&mut issue)).unwrap();
    assert_eq!(issued["number"], 1);
    let console = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_vendor-console"));
        command.arg("distribution").args(arguments).args(["--json", "--server"]);
        command.arg(started["listening"].as_str().unwrap()).arg("--as").arg(data.join("admin.pem"));
        command
    };
    let listed: Value = serde_json::from_str(&printed(&mut console(&["list"]))).unwrap();
    let row = &listed["rows"][0];
    assert_eq!((&row["name"], &row["state"]), (&Value::from("osaka"), &Value::from("issued")), "{listed}");
    let revoked: Value = serde_json::from_str(&printed(&mut console(&["revoke", "1"]))).unwrap();
    assert_eq!(revoked["state"], "revoked");
    assert_eq!(console(&["revoke", "1"]).output().unwrap().status.code(), Some(3));
    signal(&child, "-TERM");
    assert!(child.wait().unwrap().success());
}

#[test]
fn limits_are_printed_as_the_folder_or_the_named_file_sets_them() {
    let folder = tempfile::tempdir().unwrap();
    init(folder.path());
    let print = |arguments: &[&str]| {
        let mut command = vendor_server();
        command.args(["limits", "--data"]).arg(folder.path()).args(arguments).output().unwrap()
    };
    let value = |output: &Output, key: &str| {
        let json: Value = serde_json::from_slice(&output.stdout).unwrap();
        let limit = json["limits"].as_array().unwrap().iter().find(|limit| limit["key"] == key).unwrap();
        limit["value"].as_u64()
    };
    assert_eq!(value(&print(&["--json"]), "connections"), Some(10_000));
    std::fs::write(folder.path().join("limits.toml"), "connections = 70\n").unwrap();
    assert_eq!(value(&print(&["--json"]), "connections"), Some(70));
    let text = String::from_utf8(print(&[]).stdout).unwrap();
    assert!(text.starts_with("connections = 70\n    Connections at a time, in all;"), "{text}");
    let other = folder.path().join("other.toml");
    std::fs::write(&other, "idle_ms = 5_000\n").unwrap();
    let named = print(&["--json", "--limits", other.to_str().unwrap()]);
    assert_eq!((value(&named, "connections"), value(&named, "idle_ms")), (Some(10_000), Some(5_000)));
    std::fs::write(&other, "idle_msec = 5\n").unwrap();
    let wrong = print(&["--limits", other.to_str().unwrap()]);
    refused(&wrong, 2, "bad-limits");
    assert!(String::from_utf8_lossy(&wrong.stderr).contains("idle_msec"));
    std::fs::write(folder.path().join("limits.toml"), "connections = 0\n").unwrap();
    let started = vendor_server().args(["--listen", "127.0.0.1:0", "--data"]).arg(folder.path()).output().unwrap();
    refused(&started, 2, "bad-limits");
    assert!(String::from_utf8_lossy(&started.stderr).contains("connections is 0, but must be between 1 and"));
}

/// What an HTTP server at `url` answers.
fn http(url: &str, request: &str) -> String {
    let address = url.strip_prefix("http://").and_then(|rest| rest.strip_suffix("/metrics")).unwrap();
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn metrics_are_served_only_when_asked_for_and_are_nothing_but_that_page() {
    let folder = tempfile::tempdir().unwrap();
    init(folder.path());
    let (mut child, started) = serve(folder.path(), &[]);
    assert_eq!(started["metrics"], Value::Null);
    child.kill().unwrap();
    child.wait().unwrap();
    let (mut child, started) = serve(folder.path(), &["--metrics", "127.0.0.1:0"]);
    let url = started["metrics"].as_str().unwrap();
    let page = http(url, "GET /metrics HTTP/1.1\r\nhost: here\r\n\r\n");
    assert!(page.starts_with("HTTP/1.1 200 OK\r\n"), "{page}");
    assert!(page.contains("content-type: application/openmetrics-text; version=1.0.0"), "{page}");
    assert!(page.contains("kobai_limit{limit=\"connections\"} 10000\n") && page.ends_with("# EOF\n"), "{page}");
    for (request, status) in [
        ("GET / HTTP/1.1\r\nhost: here\r\n\r\n", "404"),
        ("POST /metrics HTTP/1.1\r\nhost: here\r\ncontent-length: 0\r\n\r\n", "405"),
        ("frobnicate\r\n\r\n", "400"),
    ] {
        let answer = http(url, request);
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{request:?}: {answer}");
    }
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
        &["--metrics", "0.0.0.0:9464"],
        &["--metrics-anywhere"],
        &["frobnicate"],
    ] {
        let output = vendor_server().args(arguments).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
    }
    let folder = tempfile::tempdir().unwrap();
    let missing = vendor_server().arg("--data").arg(folder.path().join("nothing")).output().unwrap();
    refused(&missing, 5, "not-initialised");
}

#[test]
fn a_data_folder_that_cannot_be_read_is_named_and_ends_with_the_status_of_storage() {
    let folder = tempfile::tempdir().unwrap();
    let (data, file) = (folder.path().join("data"), folder.path().join("file"));
    init(&data);
    std::fs::write(&file, "no folder").unwrap();
    // No folder can be there; the books are none.
    let below = file.join("data");
    std::fs::remove_file(data.join("books.sqlite")).unwrap();
    std::fs::create_dir(data.join("books.sqlite")).unwrap();
    for (folder, named) in [(&below, &below), (&data, &data.join("books.sqlite"))] {
        let output = vendor_server().args(["--listen", "127.0.0.1:0", "--data"]).arg(folder).output().unwrap();
        refused(&output, 5, "storage-failed");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(said.contains(named.to_str().unwrap()), "{said}");
    }
}

/// The text that a command prints, which must succeed.
fn printed(command: &mut Command) -> String {
    let output = command.stdin(Stdio::null()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn keys_are_revoked_with_a_root_that_is_on_no_machine_of_the_network() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let (data, root, request, answer) = (path("data"), path("root.pem"), path("request"), path("answer"));
    init(&data);
    std::fs::rename(data.join("root.pem"), &root).unwrap();
    std::fs::rename(data.join("root.pem.signed"), path("root.pem.signed")).unwrap();
    let (mut child, started) = serve(&data, &[]);
    let key = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_vendor-console"));
        command.arg("key").args(arguments).args(["--json", "--server", started["listening"].as_str().unwrap()]);
        command.arg("--as").arg(data.join("admin.pem")).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    };
    let text = |path: &Path| path.to_str().unwrap().to_owned();
    let sign = |request: &Path, more: &[&str]| {
        let mut command = vendor_server();
        command.args(["root", "sign", "--root"]).arg(&root).arg("--out").arg(&answer).arg(request).args(more);
        command
    };
    let list: Value = serde_json::from_str(&printed(&mut key(&["list"]))).unwrap();
    assert_eq!(list["root_is_here"], false);
    let line = list["lines"].as_array().unwrap().iter().find(|line| line["role"] == "release").unwrap();
    let stolen = line["key"].as_str().unwrap();

    let nowhere = key(&["revoke", stolen]).output().unwrap();
    assert_eq!(nowhere.status.code(), Some(2), "it must be said where the request goes");
    printed(&mut key(&["revoke", stolen, "--request", &text(&request)]));
    let unread = sign(&request, &[]).stdin(Stdio::null()).output().unwrap();
    assert_eq!(unread.status.code(), Some(3), "nobody has said yes");
    assert!(!answer.exists());
    let shown = printed(&mut sign(&request, &["--yes"]));
    assert!(
        shown.contains(&format!("REVOKED      release  {stolen}")) && shown.contains("NEW KEY      release"),
        "{shown}"
    );
    assert!(shown.contains("on record    version "), "{shown}");
    // The same answer again is no new list; without a record the person is told so.
    std::fs::rename(&answer, path("lost")).unwrap();
    printed(&mut sign(&request, &["--yes"]));
    std::fs::rename(path("root.pem.signed"), path("aside")).unwrap();
    std::fs::remove_file(&answer).unwrap();
    assert!(printed(&mut sign(&request, &["--yes"])).contains("NO RECORD"));
    let imported: Value = serde_json::from_str(&printed(&mut key(&["import", &text(&answer)]))).unwrap();
    let revoked = imported["lines"].as_array().unwrap().iter().find(|line| line["key"] == stolen).unwrap();
    assert_eq!(revoked["state"], "revoked");

    // An answer is no request, an old request leads back, another root has nothing to say.
    std::fs::remove_file(&answer).unwrap();
    let again = path("again");
    printed(&mut key(&["rotate", "licence", "--request", &text(&again)]));
    init(&path("other"));
    let mut foreign = vendor_server();
    foreign.args(["root", "sign", "--yes", "--root"]).arg(path("other").join("root.pem"));
    refused(&foreign.arg("--out").arg(&answer).arg(&again).output().unwrap(), 3, "request-refused");
    refused(&sign(&root, &["--yes"]).output().unwrap(), 5, "storage-failed");
    signal(&child, "-TERM");
    assert!(child.wait().unwrap().success());
}
