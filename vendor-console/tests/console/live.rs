//! The window on a real server: what arrives wakes it, and a change made elsewhere is seen.

use std::net::Ipv4Addr;
use std::sync::mpsc;
use std::time::Duration;

use egui_kittest::Harness;
use protocol::message::staff::{CustomerFields, Settlement, StaffRequest};
use protocol::text::Name;
use vendor_console::cli::Lang;
use vendor_console::client::StaffClient;
use vendor_console::clock::Clock;
use vendor_console::server::{self, Role, SecondPerson, Server, ServerOptions};
use vendor_console::ui::{Console, LiveBackend};

use crate::Hands;

/// Steps the window each time it is woken, until it shows `text`.
fn wait_for(window: &mut Harness<'_, Console>, woken: &mpsc::Receiver<()>, text: &str) {
    while !window.shows(text) {
        woken.recv_timeout(Duration::from_secs(20)).unwrap_or_else(|_| panic!("never showed {text}"));
        window.step();
    }
}

#[test]
fn a_customer_that_another_member_of_staff_enters_appears_by_itself() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("vendor");
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let (server, client, other) = runtime.block_on(async {
        server::init(&data, SecondPerson::Solo, &Clock::System).await.unwrap();
        let role = Role::All { data: data.clone() };
        let listen = (Ipv4Addr::LOCALHOST, 0).into();
        let server = Server::start(ServerOptions::new(listen, role, Clock::System)).await.unwrap();
        let admin = data.join("admin.pem");
        let address = server.local_addr().to_string();
        let client = StaffClient::connect(&address, &admin).await.unwrap();
        let other = StaffClient::connect(&address, &admin).await.unwrap();
        (server, client, other)
    });

    let (wake, woken) = mpsc::channel();
    let handle = runtime.handle().clone();
    let window = Harness::builder().with_size(egui::vec2(1280.0, 800.0));
    // The server's answers come in the middle of a click, and what they bring is drawn with it.
    let mut window = window.with_max_steps(64).build_eframe(move |cc| {
        cc.egui_ctx.set_request_repaint_callback(move |_| {
            let _ = wake.send(());
        });
        let backend = LiveBackend::new(client, handle, cc.egui_ctx.clone());
        Console::new(&cc.egui_ctx, Box::new(backend), Lang::En)
    });
    wait_for(&mut window, &woken, "Connected");
    window.press("Customers");
    wait_for(&mut window, &woken, "No customers yet");

    let fields = CustomerFields { name: Name::new("Acme").unwrap(), email: None, settlement: Settlement::Monthly };
    runtime.block_on(other.request(StaffRequest::CreateCustomer(fields))).unwrap();
    wait_for(&mut window, &woken, "C-0001");

    window.press("C-0001");
    window.fill("Name", "Acme Printing");
    window.press("Save");
    wait_for(&mut window, &woken, "Saved");

    runtime.block_on(server.shutdown());
    wait_for(&mut window, &woken, "Not connected");
}
