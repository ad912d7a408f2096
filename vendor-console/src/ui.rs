//! The staff console's window. It is only a client of the server, also when the server runs in the same process.

pub mod backend;
pub mod console;
mod files;
mod form;
mod list;
mod live;
mod picker;
mod screen;
mod start;
mod table;
mod theme;
mod toast;
mod widgets;
mod words;

use eframe::egui;

pub use backend::Backend;
pub use console::Console;
pub use live::LiveBackend;
pub use start::{StartError, connect, open};

/// The size of the window when it is opened, and the smallest on which nothing is cut off, in points.
const WINDOW_SIZE: [f32; 2] = [1280.0, 800.0];
const WINDOW_SIZE_MIN: [f32; 2] = [960.0, 600.0];

fn native_options(host_port: &str) -> eframe::NativeOptions {
    let viewport = egui::ViewportBuilder::default()
        .with_title(format!("購買 Kobai - {host_port}"))
        .with_app_id("kobai-console")
        .with_inner_size(WINDOW_SIZE)
        .with_min_inner_size(WINDOW_SIZE_MIN);
    eframe::NativeOptions {
        viewport,
        // If another crate enables wgpu too, this is still five times faster on a software renderer.
        renderer: eframe::Renderer::Glow,
        system_font_fallback: false,
        ..eframe::NativeOptions::default()
    }
}
