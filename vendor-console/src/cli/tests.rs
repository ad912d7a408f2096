//! The command line's grammar and exit codes; the commands themselves run against the real server in `tests`.

use clap::CommandFactory;

use super::*;

fn parses(line: &str) -> bool {
    Cli::try_parse_from(line.split_whitespace()).is_ok()
}

#[test]
fn the_grammar_is_consistent() {
    Cli::command().debug_assert();
}

#[test]
fn every_command_that_scripts_rely_on_is_understood() {
    let common = "--server 127.0.0.1:7443 --as admin.pem --json";
    for line in [
        "customer list --search acme --limit 5 --offset 2",
        "customer search acme",
        "customer create --name Acme --email a@example.com --settlement on-demand",
        "customer edit C-0001 --suspend --no-email",
        "customer contract add C-1",
        "customer contract end 1234567897",
        "device list",
        "device register MX-204-0001 --model MX-204 --customer C-1",
        "device assign MX-204-0001 C-2",
        "device assign MX-204-0001 --nobody",
        "device new-code MX-204-0001",
        "device revoke MX-204-0001",
        "option create ocr-package --kind program --name-ja a --name-en b --description-ja c --description-en d \
         --offer permanent=20000 --offer uses:10=2000 --offer days:30=1500",
        "option edit ocr-package --not-for-sale",
        "option publish ocr-package content.bin",
        "order list --open --customer C-1",
        "charge list --customer C-1 --from 2026-11-01 --until 2026-12-01 --uninvoiced",
        "invoice create C-1 --until 2026-12-01",
        "invoice settle --until 2026-12-01",
        "invoice list",
        "invoice show INV-0001",
    ] {
        let line = if line.contains("1234567897") {
            line.replace("1234567897", protocol::ContractUserId::from_body(123_456_789).as_str())
        } else {
            line.to_owned()
        };
        assert!(parses(&format!("vendor-console {line} {common}")), "{line}");
    }
    for line in ["", "gui", "gui --data d --lang ja", "--data d --listen 127.0.0.1:0 --lang en", "connect h:1 --as c"] {
        assert!(parses(&format!("vendor-console {line}")), "{line}");
    }
}

#[test]
fn wrong_input_is_a_usage_error() {
    for line in [
        "customer contract end 1234567890",
        "customer edit C-1 --suspend --resume",
        "device register mx --model M",
        "device assign MX-204-0001",
        "option create ocr --kind program --name-ja a --name-en b --description-ja c --description-en d",
        "invoice settle",
        "connect host:1",
        "gui --lang fr",
        "frobnicate",
    ] {
        assert_eq!(main_with_args(format!("vendor-console {line}").split_whitespace()), ExitCode::from(2), "{line}");
    }
}

#[test]
fn a_missing_certificate_is_a_storage_error() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("none.pem");
    let args = ["vendor-console", "order", "list", "--as", missing.to_str().unwrap()];
    assert_eq!(main_with_args(args), ExitCode::from(5));
}
