//! Contract user IDs, their PINs and activation codes under somebody who guesses.

use protocol::message::device::{DeviceReply, DeviceRequest};
use protocol::message::staff::{StaffReply, StaffRequest};
use protocol::net::DeviceKey;
use protocol::time::{DAY_MS, HOUR_MS};
use protocol::{ActivationCode, ContractUserId, OrderState, Refusal, RefusalCode};

use super::play::{Device, Vendor, World, order_id};

const PIN: &str = "004711";

/// A vendor whose customer's contract has a PIN, and a device that belongs to nobody.
async fn with_pin() -> (Vendor, World, Device) {
    let (vendor, world) = Vendor::with_world().await;
    set_pin(&vendor, &world.contract, Some(PIN)).await;
    let stray = vendor.device("MX-204-0009", None).await;
    (vendor, world, stray)
}

async fn set_pin(vendor: &Vendor, contract: &ContractUserId, pin: Option<&str>) {
    let pin = pin.map(|pin| pin.parse().unwrap());
    let request = StaffRequest::SetContractPin { contract: contract.clone(), pin };
    let StaffReply::Customer(row) = vendor.staff().await.ask(request.clone()).await.unwrap() else { panic!() };
    let StaffRequest::SetContractPin { pin, .. } = request else { panic!() };
    assert_eq!(row.contracts.iter().find(|row| row.id == *contract).unwrap().has_pin, pin.is_some());
}

impl World {
    async fn guess(&self, vendor: &Vendor, device: &Device, pin: Option<&str>) -> Result<(), Refusal> {
        device.order_with_pin(vendor, order_id(), &self.option, &self.contract, pin).await
    }
}

fn code(outcome: Result<(), Refusal>) -> Option<RefusalCode> {
    outcome.err().map(|refusal| refusal.code)
}

#[tokio::test]
async fn unknown_ended_wrong_and_missing_are_answered_alike_and_the_right_pin_buys() {
    let (vendor, world, stray) = with_pin().await;
    let staff = vendor.staff().await;
    let customer = staff.ask(StaffRequest::AddContract { customer: world.customer }).await.unwrap();
    let StaffReply::Customer(customer) = customer else { panic!() };
    let ended = customer.contracts[1].id.clone();
    staff.ask(StaffRequest::SetContract { contract: ended.clone(), active: false }).await.unwrap();
    let unknown = ContractUserId::from_body(1);
    let mut answers = Vec::new();
    for (contract, pin) in
        [(&unknown, Some(PIN)), (&ended, None), (&world.contract, Some("004712")), (&world.contract, None)]
    {
        answers.push(stray.order_with_pin(&vendor, order_id(), &world.option, contract, pin).await);
    }
    assert_eq!(answers, vec![Err(RefusalCode::ContractRefused.into()); 4]);
    assert_eq!(world.guess(&vendor, &stray, Some(PIN)).await, Ok(()));
}

#[tokio::test]
async fn a_suspended_customer_is_told_of_only_to_who_knows_the_pin() {
    let (vendor, world, stray) = with_pin().await;
    let suspend = StaffRequest::SuspendCustomer { customer: world.customer, suspended: true };
    vendor.staff().await.ask(suspend).await.unwrap();
    assert_eq!(code(world.guess(&vendor, &stray, Some("0000")).await), Some(RefusalCode::ContractRefused));
    assert_eq!(code(world.guess(&vendor, &stray, Some(PIN)).await), Some(RefusalCode::CustomerSuspended));
}

#[tokio::test]
async fn an_order_is_answered_alike_without_its_pin_once_it_is_on_file() {
    let (vendor, world, stray) = with_pin().await;
    for (pin, answer) in [(Some(PIN), None), (Some("0000"), Some(RefusalCode::ContractRefused))] {
        let order = order_id();
        for pin in [pin, None, Some(PIN)] {
            let outcome = stray.order_with_pin(&vendor, order, &world.option, &world.contract, pin).await;
            assert_eq!(code(outcome), answer);
        }
    }
}

#[tokio::test]
async fn after_five_wrong_entries_a_device_waits_longer_each_time_whatever_it_enters() {
    let (mut vendor, world, stray) = with_pin().await;
    for body in 0..5 {
        let contract = ContractUserId::from_body(body);
        let outcome = stray.order_with_pin(&vendor, order_id(), &world.option, &contract, None).await;
        assert_eq!(code(outcome), Some(RefusalCode::ContractRefused));
    }
    for wait_ms in [30_000, 60_000, 120_000] {
        let blocked = world.guess(&vendor, &stray, Some(PIN)).await.unwrap_err();
        assert_eq!((blocked.code, blocked.wait_ms()), (RefusalCode::TooManyAttempts, Some(wait_ms)));
        vendor.clock.advance_ms(wait_ms - 1_000);
        let blocked = world.guess(&vendor, &stray, Some("0000")).await.unwrap_err();
        assert_eq!(blocked.wait_ms(), Some(1_000), "waiting costs nothing further");
        vendor.restart().await;
        vendor.clock.advance_ms(1_000);
        assert_eq!(code(world.guess(&vendor, &stray, Some("0000")).await), Some(RefusalCode::ContractRefused));
    }
    // Another device is not concerned, nor is this one on behalf of nobody.
    let other = vendor.device("MX-204-0010", None).await;
    assert_eq!(world.guess(&vendor, &other, Some(PIN)).await, Ok(()));
    assert!(stray.ask(&vendor, DeviceRequest::Catalogue).await.is_ok());
    vendor.clock.advance_ms(DAY_MS);
    assert_eq!(world.guess(&vendor, &stray, Some(PIN)).await, Ok(()));
}

#[tokio::test]
async fn an_order_that_had_to_wait_is_decided_when_it_is_sent_again() {
    let (vendor, world, stray) = with_pin().await;
    for _ in 0..5 {
        let _ = world.guess(&vendor, &stray, None).await;
    }
    let order = order_id();
    let send = || stray.order_with_pin(&vendor, order, &world.option, &world.contract, Some(PIN));
    assert_eq!(code(send().await), Some(RefusalCode::TooManyAttempts));
    let status = || stray.ask(&vendor, DeviceRequest::Status { order });
    assert_eq!(status().await, Err(RefusalCode::UnknownOrder), "nothing is on file");
    vendor.clock.advance_ms(30_000);
    assert_eq!(send().await, Ok(()));
    assert_eq!(status().await, Ok(DeviceReply::Status(OrderState::Authorised)));
}

#[tokio::test]
async fn a_right_entry_forgives_the_wrong_ones_for_the_same_id_and_no_others() {
    let (vendor, world, stray) = with_pin().await;
    for round in 0..4 {
        // A guesser who knows one contract enters it right after each guess at another.
        let contract = ContractUserId::from_body(round);
        let outcome = stray.order_with_pin(&vendor, order_id(), &world.option, &contract, None).await;
        assert_eq!(code(outcome), Some(RefusalCode::ContractRefused));
        assert_eq!(world.guess(&vendor, &stray, Some(PIN)).await, Ok(()));
    }
    assert_eq!(code(world.guess(&vendor, &stray, Some("0000")).await), Some(RefusalCode::ContractRefused));
    assert_eq!(code(world.guess(&vendor, &stray, Some(PIN)).await), Some(RefusalCode::TooManyAttempts));
    vendor.clock.advance_ms(30_000);
    assert_eq!(world.guess(&vendor, &stray, Some(PIN)).await, Ok(()));
    // The slip with the PIN is forgiven, the four guesses are not.
    let contract = ContractUserId::from_body(99);
    let guess = || stray.order_with_pin(&vendor, order_id(), &world.option, &contract, None);
    assert_eq!(code(guess().await), Some(RefusalCode::ContractRefused));
    assert_eq!(code(guess().await), Some(RefusalCode::TooManyAttempts));
}

#[tokio::test]
async fn guesses_at_the_same_time_count_each_other_and_a_repeated_order_counts_once() {
    let (vendor, world, stray) = with_pin().await;
    let guesses = (0..20).map(|_| world.guess(&vendor, &stray, Some("0000")));
    let outcomes = futures_util::future::join_all(guesses).await;
    let heard = outcomes.into_iter().filter(|o| code(o.clone()) == Some(RefusalCode::ContractRefused)).count();
    assert_eq!(heard, 5);
    let honest = vendor.device("MX-204-0011", None).await;
    let order = order_id();
    let same = (0..20).map(|_| honest.order_with_pin(&vendor, order, &world.option, &world.contract, Some(PIN)));
    assert!(futures_util::future::join_all(same).await.iter().all(Result::is_ok));
}

#[tokio::test]
async fn one_guesser_makes_nobody_else_wait_and_a_fleet_only_devices_that_were_never_right() {
    let (vendor, world, known) = with_pin().await;
    assert_eq!(world.guess(&vendor, &known, Some(PIN)).await, Ok(()));
    let guesser = vendor.device("MX-999-0000", None).await;
    for _ in 0..12 {
        assert_eq!(code(world.guess(&vendor, &guesser, Some("0000")).await), Some(RefusalCode::ContractRefused));
        vendor.clock.advance_ms(HOUR_MS);
    }
    let second = vendor.device("MX-204-0012", None).await;
    assert_eq!(world.guess(&vendor, &second, Some(PIN)).await, Ok(()), "twelve guesses of one device count for five");

    for number in 1..4 {
        let guesser = vendor.device(&format!("MX-999-000{number}"), None).await;
        for _ in 0..5 {
            assert_eq!(code(world.guess(&vendor, &guesser, Some("0000")).await), Some(RefusalCode::ContractRefused));
        }
    }
    let newcomer = vendor.device("MX-204-0013", None).await;
    assert_eq!(code(world.guess(&vendor, &newcomer, Some(PIN)).await), Some(RefusalCode::TooManyAttempts));
    for device in [&known, &second] {
        assert_eq!(world.guess(&vendor, device, Some(PIN)).await, Ok(()), "it was right there once");
    }
    // Staff can end it.
    set_pin(&vendor, &world.contract, Some("123456789012")).await;
    assert_eq!(world.guess(&vendor, &newcomer, Some("123456789012")).await, Ok(()));
}

#[tokio::test]
async fn a_pin_is_changed_and_taken_away() {
    let (vendor, world, stray) = with_pin().await;
    set_pin(&vendor, &world.contract, Some("9999")).await;
    assert_eq!(code(world.guess(&vendor, &stray, Some(PIN)).await), Some(RefusalCode::ContractRefused));
    assert_eq!(world.guess(&vendor, &stray, Some("9999")).await, Ok(()));
    set_pin(&vendor, &world.contract, None).await;
    assert_eq!(world.guess(&vendor, &stray, None).await, Ok(()));
    let unknown = StaffRequest::SetContractPin { contract: ContractUserId::from_body(1), pin: None };
    assert_eq!(vendor.staff().await.ask(unknown).await, Err(RefusalCode::NotFound));
}

#[tokio::test]
async fn the_books_hold_no_pin() {
    let (vendor, world, stray) = with_pin().await;
    assert_eq!(world.guess(&vendor, &stray, Some(PIN)).await, Ok(()));
    assert_eq!(code(world.guess(&vendor, &stray, Some("918273645")).await), Some(RefusalCode::ContractRefused));
    for name in ["books.sqlite", "books.sqlite-wal"] {
        let bytes = std::fs::read(vendor.data().join(name)).unwrap_or_default();
        for pin in [PIN, "918273645"] {
            assert!(!bytes.windows(pin.len()).any(|window| window == pin.as_bytes()), "{name}");
        }
    }
}

#[tokio::test]
async fn wrong_activation_codes_make_an_address_wait() {
    let (vendor, _) = Vendor::with_world().await;
    let serial = "MX-204-0001".parse().unwrap();
    let key = DeviceKey::generate().unwrap();
    for number in 0..5 {
        let wrong = ActivationCode::from_random([number; 16]);
        assert_eq!(vendor.enrol_with(&serial, &wrong, &key).await, Err(RefusalCode::ActivationRefused));
    }
    let StaffReply::Activation { code, .. } =
        vendor.staff().await.ask(StaffRequest::NewActivationCode { serial: serial.clone() }).await.unwrap()
    else {
        panic!()
    };
    assert_eq!(vendor.enrol_with(&serial, &code, &key).await, Err(RefusalCode::TooManyAttempts));
    vendor.clock.advance_ms(30_000);
    assert!(vendor.enrol_with(&serial, &code, &key).await.is_ok());
}
