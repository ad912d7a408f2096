//! Short messages in the corner: what was done. They leave by themselves or when they are clicked.

use eframe::egui::{self, Align2, Area, Id, Order, RichText};
use egui_material_icons::icons::{ICON_CHECK_CIRCLE, ICON_CLOSE, ICON_ERROR};

use super::theme::{palette, size};
use super::words::Words;

const SHOWN_S: f64 = 6.0;
const HELD_MAX: usize = 4;

/// The messages that are shown.
#[derive(Default)]
pub(crate) struct Toasts {
    shown: Vec<Toast>,
}

struct Toast {
    text: String,
    is_good: bool,
    /// In egui's time, known once it has been drawn.
    until_s: Option<f64>,
}

impl Toasts {
    pub(crate) fn good(&mut self, text: impl Into<String>) {
        self.add(text.into(), true);
    }

    pub(crate) fn bad(&mut self, text: impl Into<String>) {
        self.add(text.into(), false);
    }

    fn add(&mut self, text: String, is_good: bool) {
        self.shown.push(Toast { text, is_good, until_s: None });
        if self.shown.len() > HELD_MAX {
            self.shown.remove(0);
        }
    }

    pub(crate) fn show(&mut self, ctx: &egui::Context, words: &Words) {
        let now_s = ctx.input(|input| input.time);
        for toast in &mut self.shown {
            toast.until_s.get_or_insert(now_s + SHOWN_S);
        }
        self.shown.retain(|toast| toast.until_s.is_none_or(|until_s| until_s > now_s));
        let Some(next_s) = self.shown.iter().filter_map(|toast| toast.until_s).reduce(f64::min) else { return };
        ctx.request_repaint_after(std::time::Duration::from_secs_f64((next_s - now_s).max(0.05)));
        let mut closed = None;
        Area::new(Id::unique("toasts"))
            .anchor(Align2::RIGHT_BOTTOM, [-f32::from(size::PAGE_MARGIN), -f32::from(size::PAGE_MARGIN)])
            .order(Order::Foreground)
            .show(ctx, |ui| {
                for (i, toast) in self.shown.iter().enumerate() {
                    if toast_ui(ui, toast, words) {
                        closed = Some(i);
                    }
                }
            });
        if let Some(i) = closed {
            self.shown.remove(i);
        }
    }
}

fn toast_ui(ui: &mut egui::Ui, toast: &Toast, words: &Words) -> bool {
    let colours = palette(ui);
    let (icon, colour) = if toast.is_good { (ICON_CHECK_CIRCLE, colours.good) } else { (ICON_ERROR, colours.bad) };
    let frame = egui::Frame::window(ui.style()).inner_margin(egui::Margin::symmetric(14, 10));
    frame
        .show(ui, |ui| {
            ui.set_width(size::TOAST_WIDTH);
            ui.horizontal(|ui| {
                ui.label(icon.rich_text().size(size::TEXT_ICON).color(colour));
                let close_width = size::CONTROL_HEIGHT + ui.spacing().item_spacing.x;
                ui.allocate_ui_with_layout(
                    egui::vec2(ui.available_width() - close_width, size::CONTROL_HEIGHT),
                    egui::Layout::left_to_right(egui::Align::Center),
                    |ui| ui.add(egui::Label::new(RichText::new(&toast.text)).wrap()),
                );
                ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                    super::widgets::icon_button_ui(ui, ICON_CLOSE, &words.msg_dismiss()).clicked()
                })
                .inner
            })
            .inner
        })
        .inner
}
