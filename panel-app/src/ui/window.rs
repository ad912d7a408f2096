//! Opens the window on a display, or says what a machine lacks that has none.

use std::any::Any;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use eframe::Renderer;
use jiff::tz::TimeZone;

use super::app::PanelWindow;
use super::{Panel, theme};

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

impl WindowError {
    /// The window system puts the place in its own source code in front of what is wrong.
    fn new(reason: &str) -> Self {
        let after_place = reason.rsplit_once(".rs:").and_then(|(_, rest)| rest.split_once(": "));
        let reason = after_place.map_or(reason, |(_, reason)| reason);
        Self { reason: reason.trim_end_matches('.').to_owned() }
    }
}

/// Opens the window and runs it until the user closes it.
///
/// Must be called on the main thread, once.
///
/// # Errors
/// There is no display, or a library for it is missing.
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
    while_opening(|opened| {
        eframe::run_native(
            "kobai-panel",
            native,
            Box::new(|creation| {
                opened.store(true, Ordering::Relaxed);
                Ok(Box::new(PanelWindow::new(&creation.egui_ctx, Box::new(panel), TimeZone::system())))
            }),
        )
        .map_err(|error| WindowError::new(&error.to_string()))
    })
}

/// The window system panics where one of its libraries is missing; until the window is open, that is an error like
/// any other. What panics later is a bug, and stays one.
fn while_opening<T>(open: impl FnOnce(&AtomicBool) -> Result<T, WindowError>) -> Result<T, WindowError> {
    let opened = Arc::new(AtomicBool::new(false));
    let (here, seen, report) = (thread::current().id(), opened.clone(), panic::take_hook());
    panic::set_hook(Box::new(move |info| {
        if thread::current().id() != here || seen.load(Ordering::Relaxed) {
            report(info);
        }
    }));
    match panic::catch_unwind(AssertUnwindSafe(|| open(&opened))) {
        Ok(result) => result,
        Err(panic) if opened.load(Ordering::Relaxed) => panic::resume_unwind(panic),
        Err(panic) => Err(WindowError::new(message(panic.as_ref()))),
    }
}

fn message(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&'static str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("the window system gave up")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_says_what_is_missing_what_to_install_and_what_does_the_same() {
        let error = WindowError::new("os error at /src/linux/mod.rs:765: neither DISPLAY nor anything is set.");
        let text = error.to_string();
        assert!(text.starts_with("the panel's window cannot open: neither DISPLAY nor anything is set\n"), "{text}");
        for wanted in ["libgl1-mesa-dri", "libxkbcommon-x11-0", "panel-app enrol", "| orders"] {
            assert!(text.contains(wanted), "{wanted} is missing in: {text}");
        }
    }

    #[test]
    fn a_library_that_is_missing_is_an_error_and_not_a_panic() {
        let result = while_opening(|_| -> Result<(), WindowError> { panic!("libfoo.so could not be loaded.") });
        assert_eq!(result.map_err(|error| error.reason), Err("libfoo.so could not be loaded".to_owned()));
    }
}
