//! What is typed: the contract keypad, the search, the server address; with fingers and with a real keyboard.

use egui::{Event, Key};
use egui_kittest::kittest::Queryable;
use protocol::ContractUserId;

use super::stage::{Stage, stage};
use crate::core::{Command, EnrolForm, Language, Screen, View};
use crate::ui::samples;

fn sample(name: &str) -> View {
    let (_, view) = samples::all().into_iter().find(|(known, _)| *known == name).unwrap();
    View { language: Language::En, ..view }
}

fn contract() -> ContractUserId {
    ContractUserId::from_body(123_456_789)
}

fn enter(pin: Option<&str>) -> Command {
    Command::EnterContract { contract: contract(), pin: pin.map(samples::parse) }
}

/// The same number with its last digit wrong.
fn mistyped() -> String {
    let right = contract();
    let (body, check) = right.as_str().split_at(9);
    format!("{body}{}", if check == "0" { "1" } else { "0" })
}

#[test]
fn ok_waits_for_a_number_whose_check_digit_is_right() {
    let mut harness = stage(sample("contract"));
    assert!(!Stage::is_enabled(&harness, "OK"));
    Stage::tap(&mut harness, &contract().as_str()[..9]);
    assert!(Stage::sees(&harness, "1 more digit"));
    assert_eq!(Stage::touch(&mut harness, "OK"), [], "a disabled button does nothing");

    Stage::tap(&mut harness, &mistyped()[9..]);
    assert!(Stage::sees(&harness, "typing error") && !Stage::is_enabled(&harness, "OK"));
    assert_eq!(Stage::touch(&mut harness, "OK"), []);

    Stage::touch(&mut harness, "Delete character");
    Stage::tap(&mut harness, &contract().as_str()[9..]);
    assert!(Stage::sees(&harness, "number is complete") && Stage::is_enabled(&harness, "OK"));
    assert_eq!(Stage::touch(&mut harness, "OK"), [enter(None)]);
}

#[test]
fn the_keypad_takes_ten_digits_and_clears_them() {
    let mut harness = stage(sample("contract"));
    Stage::tap(&mut harness, contract().as_str());
    Stage::tap(&mut harness, "55");
    assert!(Stage::is_enabled(&harness, "OK"), "an eleventh digit is ignored");
    Stage::touch(&mut harness, "Clear");
    assert!(Stage::sees(&harness, "not assigned to a customer"));
}

#[test]
fn a_real_keyboard_types_and_pastes_the_number_as_it_is_printed() {
    let mut harness = stage(sample("contract"));
    harness.event(Event::Paste(contract().grouped()));
    harness.run();
    harness.key_press(Key::Enter);
    harness.run();
    assert_eq!(harness.state().device.take(), [enter(None)]);
    harness.key_press(Key::Backspace);
    harness.run();
    assert!(!Stage::is_enabled(&harness, "OK"));
    harness.key_press(Key::Enter);
    harness.run();
    assert_eq!(harness.state().device.take(), []);
}

#[test]
fn enter_on_a_focused_button_presses_that_button_alone() {
    let mut harness = stage(sample("contract"));
    Stage::tap(&mut harness, contract().as_str());
    harness.get_by_role_and_label(egui::accesskit::Role::Button, "Cancel").focus();
    harness.run();
    harness.key_press(Key::Enter);
    harness.run();
    assert_eq!(harness.state().device.take(), [Command::Cancel]);
}

#[test]
fn a_refused_number_comes_back_to_be_corrected_and_is_forgotten_afterwards() {
    let mut harness = stage(sample("contract"));
    Stage::tap(&mut harness, contract().as_str());
    let device = harness.state().device.clone();
    device.show(sample("requesting"));
    harness.run_ok();
    device.show(sample("contract-refused"));
    harness.run_ok();
    assert!(Stage::sees(&harness, "was not accepted") && Stage::is_enabled(&harness, "OK"));
    device.show(samples::view(Screen::Home));
    harness.run_ok();
    device.show(sample("contract"));
    harness.run_ok();
    assert!(!Stage::is_enabled(&harness, "OK"));
}

#[test]
fn a_pin_is_typed_into_its_own_field_shown_as_dots_and_sent_along() {
    let mut harness = stage(sample("contract"));
    Stage::tap(&mut harness, contract().as_str());
    Stage::touch(&mut harness, "PIN, if the contract has one");
    Stage::tap(&mut harness, "047");
    assert!(Stage::sees(&harness, "•••") && !Stage::sees(&harness, "047"));
    assert!(Stage::sees(&harness, "4 to 12 digits") && !Stage::is_enabled(&harness, "OK"));
    Stage::tap(&mut harness, "1");
    assert_eq!(Stage::touch(&mut harness, "OK"), [enter(Some("0471"))]);
    // Back to the number: the keypad fills what was touched last.
    harness.get_by_label_contains("Contract user ID 1").click();
    harness.run_ok();
    Stage::touch(&mut harness, "Delete character");
    assert!(!Stage::is_enabled(&harness, "OK") && Stage::sees(&harness, "••••"));
}

#[test]
fn a_refused_pin_is_forgotten_and_the_number_stays() {
    let mut harness = stage(sample("contract"));
    Stage::tap(&mut harness, contract().as_str());
    Stage::touch(&mut harness, "PIN, if the contract has one");
    Stage::tap(&mut harness, "0471");
    let device = harness.state().device.clone();
    device.show(sample("requesting"));
    harness.run_ok();
    device.show(sample("contract-refused"));
    harness.run_ok();
    assert!(!Stage::sees(&harness, "••••"));
    assert_eq!(Stage::touch(&mut harness, "OK"), [enter(None)]);
}

#[test]
fn whoever_has_to_wait_cannot_send_anything() {
    let mut harness = stage(sample("contract-blocked"));
    Stage::tap(&mut harness, contract().as_str());
    assert!(Stage::sees(&harness, "about 7 minutes") && !Stage::is_enabled(&harness, "OK"));
    harness.key_press(Key::Enter);
    harness.run();
    assert_eq!(harness.state().device.take(), []);
}

#[test]
fn the_search_finds_by_name_description_and_id_in_either_language() {
    let mut harness = stage(sample("store"));
    harness.get_by_label("Search options").click();
    harness.run_ok();
    Stage::tap(&mut harness, "ocr");
    assert!(Stage::sees(&harness, "OCR package") && !Stage::sees(&harness, "Mincho"));
    Stage::touch(&mut harness, "Clear");
    assert!(Stage::sees(&harness, "Mincho"));
    for (typed, found) in
        [("明朝", "Mincho font pack"), ("barcodes FOLDERS", "Barcode sorting"), ("stamp-rem", "Show-through")]
    {
        harness.event(Event::Text(typed.to_owned()));
        harness.run();
        assert!(Stage::sees(&harness, found), "{typed}");
        assert!(!Stage::sees(&harness, "OCR package"), "{typed}");
        Stage::touch(&mut harness, "Clear");
    }
    Stage::tap(&mut harness, "zz");
    assert!(Stage::sees(&harness, "Nothing found for “zz”."));
    Stage::touch(&mut harness, "Delete character");
    Stage::touch(&mut harness, "Space");
    assert!(Stage::sees(&harness, "Nothing found for “z”."));
    Stage::touch(&mut harness, "Close");
    assert!(!Stage::sees(&harness, "Space"), "the keyboard is away");
}

#[test]
fn the_four_values_are_typed_one_after_the_other_and_sent_as_a_form() {
    let fingerprint = "0123456789abcdef".repeat(4);
    let mut harness = stage(sample("server"));
    assert!(!Stage::is_enabled(&harness, "Register"));
    Stage::touch(&mut harness, "Server address");
    Stage::tap(&mut harness, "vendor.example:4433");
    Stage::touch(&mut harness, "Next");
    Stage::tap(&mut harness, &fingerprint);
    Stage::touch(&mut harness, "Next");
    Stage::tap(&mut harness, "MX-204-0001");
    Stage::touch(&mut harness, "Next");
    // A real keyboard works in the same field, small letters and hyphens included.
    harness.event(Event::Text("a7aaa-aaaaa-aaaaa-aaaaa-aaaaaa".to_owned()));
    harness.run();
    assert!(Stage::touch(&mut harness, "OK").is_empty());
    assert!(Stage::is_enabled(&harness, "Register"));
    let form = EnrolForm {
        vendor: samples::parse("vendor.example:4433"),
        ca_fingerprint: samples::parse(&fingerprint),
        serial: samples::parse("MX-204-0001"),
        code: samples::parse("A7AAAAAAAAAAAAAAAAAAAAAAAA"),
    };
    assert_eq!(Stage::touch(&mut harness, "Register"), [Command::Enrol(form)]);
}

#[test]
fn each_field_tells_its_own_error_and_keeps_the_form_from_being_sent() {
    for (field, typed, error) in [
        ("Server address", "vendor", "Use the form host:port"),
        ("Fingerprint", "abc", "has 64 digits"),
        ("Serial number", "M-", "has 4 to 32 capital letters"),
        ("Activation code", "ABC", "has 26 letters"),
    ] {
        let mut harness = stage(sample("server"));
        Stage::touch(&mut harness, field);
        Stage::tap(&mut harness, typed);
        Stage::touch(&mut harness, "Done");
        assert!(Stage::sees(&harness, error), "{field}: {typed}");
        assert!(!Stage::is_enabled(&harness, "Register"));
    }
}

#[test]
fn a_running_registration_cannot_be_sent_twice() {
    let mut harness = stage(sample("server-busy"));
    assert!(!Stage::is_enabled(&harness, "Registering..."));
    assert_eq!(Stage::touch(&mut harness, "Fingerprint"), []);
    assert!(!Stage::sees(&harness, "Next"), "no field opens meanwhile");
}
