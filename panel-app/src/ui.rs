//! The touchscreen: draws a [`View`], turns touches into [`Command`]s, and knows nothing else of the device.

mod app;
mod chrome;
mod keyboard;
mod reasons;
mod screens;
mod state;
mod texts;
mod theme;
mod widgets;

#[cfg(test)]
mod samples;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use eframe::Renderer;
use jiff::tz::TimeZone;

use crate::core::{Command, View};

/// What the window needs of the device: a snapshot to draw, and somebody to tell what the user wants.
///
/// None of the functions may block: they are called between two frames.
pub trait Panel: Send {
    /// The present snapshot. Its time is at most a few seconds old.
    fn view(&self) -> Arc<View>;

    /// Hands over one wish of the user.
    fn send(&self, command: Command);

    /// Keeps `wake`, to be called from any thread whenever [`view`](Self::view) would return something else.
    fn set_waker(&self, wake: Box<dyn Fn() + Send + Sync>);
}

/// How the window opens.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct WindowOptions {
    /// Covers the whole screen, without a frame, as on the machine itself.
    pub fullscreen: bool,
}

/// The window cannot open. The text tells what is missing and what does the same without a window.
#[derive(Debug, thiserror::Error)]
#[error(
    "the panel's window cannot open: {reason}\n\
     It needs a display (DISPLAY or WAYLAND_DISPLAY) and, on Debian, these packages:\n  \
     libgl1 libgl1-mesa-dri libglx-mesa0 libx11-6 libx11-xcb1 libxcursor1 libxi6 libxrender1 libxkbcommon0 \
     libxkbcommon-x11-0\n\
     Without a window the same is done by: panel-app enrol | catalogue | buy | use | options | orders | remove"
)]
pub struct WindowError {
    reason: String,
}

/// Opens the window and runs it until the user closes it.
///
/// Must be called on the main thread.
///
/// # Errors
/// There is no display, or no OpenGL on it.
pub fn run(panel: impl Panel + 'static, options: WindowOptions) -> Result<(), WindowError> {
    let [width, height] = theme::SCREEN;
    let viewport = egui::ViewportBuilder::default()
        .with_title("Kobai 購買")
        .with_app_id("kobai-panel")
        .with_inner_size([width, height])
        .with_min_inner_size([width, height])
        .with_fullscreen(options.fullscreen)
        .with_decorations(!options.fullscreen);
    let native = eframe::NativeOptions { viewport, renderer: Renderer::Glow, ..Default::default() };
    eframe::run_native(
        "kobai-panel",
        native,
        Box::new(|creation| {
            Ok(Box::new(app::PanelWindow::new(&creation.egui_ctx, Box::new(panel), TimeZone::system())))
        }),
    )
    .map_err(|error| WindowError { reason: error.to_string() })
}
