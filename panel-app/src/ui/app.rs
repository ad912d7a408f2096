//! The window: fetches the view before each frame, hands over the commands after it.

use std::time::Duration;

use jiff::tz::TimeZone;
use protocol::time::MINUTE_MS;

use super::state::State;
use super::texts::Texts;
use super::{Panel, screens, theme};

pub(super) struct PanelWindow {
    panel: Box<dyn Panel>,
    texts: Texts,
    state: State,
}

impl PanelWindow {
    /// Times are shown in `zone`.
    pub(super) fn new(ctx: &egui::Context, panel: Box<dyn Panel>, zone: TimeZone) -> Self {
        theme::install(ctx);
        let waker = ctx.clone();
        panel.set_waker(Box::new(move || waker.request_repaint()));
        let texts = Texts::new(panel.view().language, zone);
        Self { panel, texts, state: State::default() }
    }
}

impl eframe::App for PanelWindow {
    fn logic(&mut self, ctx: &egui::Context, _frame: &mut eframe::Frame) {
        fit_to_window(ctx);
    }

    fn ui(&mut self, ui: &mut egui::Ui, _frame: &mut eframe::Frame) {
        let view = self.panel.view();
        if view.language != self.texts.language() {
            self.texts = self.texts.in_language(view.language);
        }
        for command in screens::draw(ui, &view, &self.texts, &mut self.state) {
            self.panel.send(command);
        }
        // The clock in the status bar.
        let to_next_minute_ms = MINUTE_MS - view.now.as_ms() % MINUTE_MS;
        ui.ctx().request_repaint_after(Duration::from_millis(to_next_minute_ms));
    }

    fn clear_color(&self, _visuals: &egui::Visuals) -> [f32; 4] {
        theme::CANVAS.to_normalized_gamma_f32()
    }
}

/// Everything is drawn for one size of screen; another window shows the same, larger or smaller.
fn fit_to_window(ctx: &egui::Context) {
    let zoom = ctx.zoom_factor();
    let size = ctx.content_rect().size() * zoom;
    let [width, height] = theme::SCREEN;
    let wanted = (size.x / width).min(size.y / height).clamp(0.5, 4.0);
    if (wanted - zoom).abs() > 0.01 {
        ctx.set_zoom_factor(wanted);
    }
}
