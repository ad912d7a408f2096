//! The staff console's window. It is only a client of the server, also when the server runs in the same process.

pub mod backend;
pub mod console;
mod files;
mod form;
mod list;
mod live;
mod picker;
mod screen;
mod table;
mod theme;
mod toast;
mod widgets;
mod words;

use eframe::egui;

pub use backend::Backend;
pub use console::Console;
pub use live::LiveBackend;

use crate::cli::Lang;
use crate::client::StaffClient;

/// The size of the window when it is opened, and the smallest on which nothing is cut off, in points.
const WINDOW_SIZE: [f32; 2] = [1280.0, 800.0];
const WINDOW_SIZE_MIN: [f32; 2] = [960.0, 600.0];

/// Opens the window and returns when it is closed. Must be called on the main thread.
///
/// `runtime` runs the requests of `client`; a window that cannot be opened is an error that says why.
pub fn run(client: StaffClient, runtime: tokio::runtime::Handle, lang: Option<Lang>) -> Result<(), eframe::Error> {
    let lang = lang.unwrap_or_else(words::system_language);
    let viewport = egui::ViewportBuilder::default()
        .with_title(format!("購買 Kobai - {}", client.host_port()))
        .with_app_id("kobai-console")
        .with_inner_size(WINDOW_SIZE)
        .with_min_inner_size(WINDOW_SIZE_MIN);
    let options = eframe::NativeOptions {
        viewport,
        renderer: eframe::Renderer::Glow,
        system_font_fallback: false,
        ..eframe::NativeOptions::default()
    };
    let create = move |cc: &eframe::CreationContext<'_>| {
        let backend = LiveBackend::new(client, runtime, cc.egui_ctx.clone());
        Ok(Box::new(Console::new(&cc.egui_ctx, Box::new(backend), lang)) as Box<dyn eframe::App>)
    };
    eframe::run_native("kobai-console", options, Box::new(create))
}
