//! The console on made-up data: every screen can be looked at without a server.
//!
//!     cargo run -p vendor-console --example console_tour -- [ja|en] [empty]

#![allow(clippy::unwrap_used, clippy::cast_possible_truncation, dead_code, missing_docs, unreachable_pub)]

#[path = "../tests/console/fake.rs"]
mod fake;

use vendor_console::cli::Lang;
use vendor_console::ui::Console;

fn main() -> Result<(), eframe::Error> {
    let args: Vec<String> = std::env::args().collect();
    let lang = if args.iter().any(|arg| arg == "en") { Lang::En } else { Lang::Ja };
    let is_empty = args.iter().any(|arg| arg == "empty");
    let vendor = if is_empty { fake::FakeVendor::empty() } else { fake::FakeVendor::busy() };
    let options = eframe::NativeOptions {
        viewport: eframe::egui::ViewportBuilder::default().with_inner_size([1280.0, 800.0]),
        renderer: eframe::Renderer::Glow,
        ..eframe::NativeOptions::default()
    };
    eframe::run_native(
        "console tour",
        options,
        Box::new(move |cc| Ok(Box::new(Console::new(&cc.egui_ctx, Box::new(vendor), lang)))),
    )
}
