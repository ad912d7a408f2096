//! A window on a device that shows what it is told and writes down what it is asked.

use std::sync::{Arc, Mutex};

use egui::accesskit::Role;
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT, Queryable};
use jiff::tz::TimeZone;

use crate::core::{Command, View};
use crate::ui::app::PanelWindow;
use crate::ui::{Panel, theme};

type Waker = Box<dyn Fn() + Send + Sync>;

/// The recording device.
#[derive(Clone)]
pub(super) struct Device {
    view: Arc<Mutex<Arc<View>>>,
    sent: Arc<Mutex<Vec<Command>>>,
    waker: Arc<Mutex<Option<Waker>>>,
}

impl Device {
    pub(super) fn show(&self, view: View) {
        *self.view.lock().unwrap() = Arc::new(view);
    }

    pub(super) fn wake(&self) {
        if let Some(wake) = &*self.waker.lock().unwrap() {
            wake();
        }
    }

    /// What was asked since the last time.
    pub(super) fn take(&self) -> Vec<Command> {
        std::mem::take(&mut *self.sent.lock().unwrap())
    }
}

impl Panel for Device {
    fn view(&self) -> Arc<View> {
        self.view.lock().unwrap().clone()
    }

    fn send(&self, command: Command) {
        self.sent.lock().unwrap().push(command);
    }

    fn set_waker(&self, wake: Waker) {
        *self.waker.lock().unwrap() = Some(wake);
    }
}

/// The window and its device.
pub(super) struct Stage {
    pub(super) device: Device,
    window: PanelWindow,
}

impl eframe::App for Stage {
    fn logic(&mut self, ctx: &egui::Context, frame: &mut eframe::Frame) {
        self.window.logic(ctx, frame);
    }

    fn ui(&mut self, ui: &mut egui::Ui, frame: &mut eframe::Frame) {
        self.window.ui(ui, frame);
    }
}

/// Opens the window on a view.
pub(super) fn stage(view: View) -> Harness<'static, Stage> {
    let device = Device { view: Arc::new(Mutex::new(Arc::new(view))), sent: Arc::default(), waker: Arc::default() };
    let builder = Harness::builder().with_size(theme::SCREEN).with_theme(egui::Theme::Light);
    let mut harness = builder.build_eframe(|creation| {
        let zone = TimeZone::fixed(jiff::tz::offset(9));
        let window = PanelWindow::new(&creation.egui_ctx, Box::new(device.clone()), zone);
        Stage { device, window }
    });
    harness.run_ok();
    harness
}

impl Stage {
    /// Whether a text, alone or within a longer one, is on the screen or told to a screen reader.
    pub(super) fn sees(harness: &Harness<'_, Self>, text: &str) -> bool {
        harness.query_all_by_label_contains(text).next().is_some()
    }

    /// Touches a button and returns what the device was asked.
    pub(super) fn touch(harness: &mut Harness<'_, Self>, name: &str) -> Vec<Command> {
        let is_button = |role| matches!(role, Role::Button | Role::RadioButton);
        harness.get_by(|node| is_button(node.role()) && node.label().as_deref() == Some(name)).click();
        harness.run_ok();
        harness.state().device.take()
    }

    /// Touches one key after the other on the on-screen keyboard or keypad.
    pub(super) fn tap(harness: &mut Harness<'_, Self>, keys: &str) {
        for key in keys.chars() {
            assert_eq!(Self::touch(harness, &key.to_string()), [], "a key asked for something");
        }
    }

    /// Whether the button can be touched.
    pub(super) fn is_enabled(harness: &Harness<'_, Self>, name: &str) -> bool {
        !harness.get_by_role_and_label(Role::Button, name).accesskit_node().is_disabled()
    }
}
