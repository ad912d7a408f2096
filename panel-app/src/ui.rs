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
mod window;

#[cfg(test)]
mod samples;
#[cfg(test)]
mod tests;

use std::sync::Arc;

pub use window::{WindowError, WindowOptions, run};

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
