//! Building blocks that every screen shares. `*_ui` draws; each input has a label.

use eframe::egui::{self, Align, Button, Color32, CornerRadius, Frame, Layout, Margin, Response, RichText, Stroke, Ui};
use egui_material_icons::MaterialIcon;
use egui_material_icons::icons::{ICON_CLOSE, ICON_CONTENT_COPY, ICON_ERROR, ICON_SEARCH};

use super::theme::{bold, palette, size};
use super::words::{Problem, Words};
use crate::client::StaffError;

/// What a chip means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tone {
    Good,
    Busy,
    Warn,
    Bad,
    Neutral,
}

impl Tone {
    fn colours(self, ui: &Ui) -> (Color32, Color32) {
        let p = palette(ui);
        match self {
            Self::Good => (p.good, p.good_soft),
            Self::Busy => (p.accent, p.accent_soft),
            Self::Warn => (p.warn, p.warn_soft),
            Self::Bad => (p.bad, p.bad_soft),
            Self::Neutral => (p.weak, p.neutral_soft),
        }
    }
}

pub(crate) fn chip_ui(ui: &mut Ui, tone: Tone, text: &str) -> Response {
    let (colour, fill) = tone.colours(ui);
    // Painted, because a frame would take the height of the row that it stands in.
    let galley = ui.painter().layout_no_wrap(text.to_owned(), egui::FontId::proportional(size::TEXT_SMALL), colour);
    let (rect, response) = ui.allocate_exact_size(galley.size() + size::CHIP_PADDING * 2.0, egui::Sense::hover());
    ui.painter().rect_filled(rect, rect.height() / 2.0, fill);
    ui.painter().galley(rect.min + size::CHIP_PADDING, galley, colour);
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Label, true, text));
    response
}

pub(crate) fn title_ui(ui: &mut Ui, text: &str) -> Response {
    ui.label(RichText::new(text).font(bold(size::TEXT_TITLE)))
}

pub(crate) fn section_ui(ui: &mut Ui, text: &str) -> Response {
    ui.label(RichText::new(text).font(bold(size::TEXT_SECTION)))
}

pub(crate) fn weak_ui(ui: &mut Ui, text: impl Into<String>) -> Response {
    let text = RichText::new(text).color(palette(ui).weak).line_height(Some(size::LINE_HEIGHT));
    ui.add(egui::Label::new(text).wrap())
}

/// The one main action of a page or form.
pub(crate) fn primary_ui(ui: &mut Ui, enabled: bool, text: &str) -> Response {
    let p = palette(ui);
    ui.scope(|ui| {
        let widgets = &mut ui.visuals_mut().widgets;
        for (state, fill) in [
            (&mut widgets.inactive, p.accent),
            (&mut widgets.hovered, p.accent_hover),
            (&mut widgets.active, p.accent_hover),
        ] {
            state.weak_bg_fill = fill;
            state.bg_stroke = Stroke::new(1.0, fill);
            state.fg_stroke = Stroke::new(1.0, p.on_accent);
        }
        ui.add_enabled(enabled, Button::new(RichText::new(text).font(bold(size::TEXT_BODY))))
    })
    .inner
}

pub(crate) fn button_ui(ui: &mut Ui, enabled: bool, text: &str) -> Response {
    ui.add_enabled(enabled, Button::new(text))
}

/// An action that takes something away.
pub(crate) fn danger_ui(ui: &mut Ui, enabled: bool, text: &str) -> Response {
    let colour = palette(ui).bad;
    ui.add_enabled(enabled, Button::new(RichText::new(text).color(colour)))
}

/// A button without a text; `label` is what it is called.
pub(crate) fn icon_button_ui(ui: &mut Ui, icon: MaterialIcon, label: &str) -> Response {
    let glyph = icon.rich_text().size(size::TEXT_ICON).color(palette(ui).weak);
    let button = Button::new(glyph).frame_when_inactive(false).min_size(egui::Vec2::splat(size::CONTROL_HEIGHT));
    let padding = std::mem::replace(&mut ui.spacing_mut().button_padding, egui::vec2(6.0, 4.0));
    let response = ui.add(button);
    ui.spacing_mut().button_padding = padding;
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, label));
    response.on_hover_text(label)
}

/// A labelled text field with its error below it.
pub(crate) fn field_ui(ui: &mut Ui, label: &str, text: &mut String, hint: &str, error: Option<&str>) -> Response {
    labelled_ui(ui, label, error, |ui| {
        let edit = egui::TextEdit::singleline(text)
            .hint_text(hint)
            .desired_width(f32::INFINITY)
            .char_limit(1_000)
            .min_size(egui::vec2(0.0, size::CONTROL_HEIGHT))
            .align(egui::Align2::LEFT_CENTER);
        ui.add(edit)
    })
}

/// A labelled field whose text is shown as dots.
pub(crate) fn secret_field_ui(ui: &mut Ui, label: &str, text: &mut String, error: Option<&str>) -> Response {
    labelled_ui(ui, label, error, |ui| {
        let edit = egui::TextEdit::singleline(text)
            .password(true)
            .desired_width(f32::INFINITY)
            .char_limit(64)
            .min_size(egui::vec2(0.0, size::CONTROL_HEIGHT))
            .align(egui::Align2::LEFT_CENTER);
        ui.add(edit)
    })
}

/// Whether the user pressed Enter in a field: that sends its form.
pub(crate) fn is_entered(field: &Response) -> bool {
    field.lost_focus() && field.ctx.input(|input| input.key_pressed(egui::Key::Enter))
}

/// A labelled field for a few lines of text, in which a line break is not part of the text.
pub(crate) fn area_ui(ui: &mut Ui, label: &str, text: &mut String, error: Option<&str>) -> Response {
    let response = labelled_ui(ui, label, error, |ui| {
        ui.add(egui::TextEdit::multiline(text).desired_width(f32::INFINITY).desired_rows(2).char_limit(1_000))
    });
    if text.contains('\n') {
        *text = text.replace('\n', " ");
    }
    response
}

/// A label above whatever `add` draws, tied to it for assistive software, and an error below.
pub(crate) fn labelled_ui(
    ui: &mut Ui,
    label: &str,
    error: Option<&str>,
    add: impl FnOnce(&mut Ui) -> Response,
) -> Response {
    let p = palette(ui);
    let name = ui.label(RichText::new(label).size(size::TEXT_SMALL).color(p.weak));
    let response = ui
        .scope(|ui| {
            if error.is_some() {
                let edge = Stroke::new(1.0, p.bad);
                ui.visuals_mut().widgets.inactive.bg_stroke = edge;
                ui.visuals_mut().widgets.hovered.bg_stroke = edge;
            }
            add(ui)
        })
        .inner
        .labelled_by(name.id);
    if let Some(error) = error {
        ui.add(egui::Label::new(RichText::new(error).size(size::TEXT_SMALL).color(p.bad)).wrap());
    }
    ui.add_space(size::GAP_SMALL);
    response
}

/// The search field of a list.
pub(crate) fn search_ui(ui: &mut Ui, words: &Words, text: &mut String) -> Response {
    let p = palette(ui);
    let edit = egui::TextEdit::singleline(text)
        .prefix(ICON_SEARCH.rich_text().size(size::TEXT_ICON).color(p.weak))
        .hint_text(words.msg_search())
        .desired_width(size::SEARCH_WIDTH)
        .char_limit(100)
        .min_size(egui::vec2(size::SEARCH_WIDTH, size::CONTROL_HEIGHT))
        .align(egui::Align2::LEFT_CENTER);
    let response = ui.add(edit);
    named(&response, &words.msg_search());
    response
}

/// Gives an input that shows no label of its own a name.
pub(crate) fn named(response: &Response, name: &str) {
    response.ctx.accesskit_node_builder(response.id, |node| node.set_label(name.to_owned()));
}

/// A value with its name, for details that cannot be edited.
pub(crate) fn value_ui(ui: &mut Ui, name: &str, value: &str) {
    let colour = palette(ui).weak;
    ui.scope(|ui| {
        ui.spacing_mut().interact_size.y = size::LINE_HEIGHT;
        ui.horizontal_top(|ui| {
            let name_width = ui.available_width() * 0.38;
            ui.allocate_ui_with_layout(egui::vec2(name_width, 0.0), Layout::top_down(Align::Min), |ui| {
                ui.set_min_width(name_width);
                ui.label(RichText::new(name).color(colour).line_height(Some(size::LINE_HEIGHT)));
            });
            let value = RichText::new(value).line_height(Some(size::LINE_HEIGHT));
            ui.add(egui::Label::new(value).wrap().selectable(true));
        });
    });
}

/// Something to be copied: large, selectable, with a button.
pub(crate) fn copyable_ui(ui: &mut Ui, value: RichText, label: &str) -> bool {
    let p = palette(ui);
    let text = value.text().to_owned();
    let mut copied = false;
    Frame::new()
        .fill(p.neutral_soft)
        .corner_radius(CornerRadius::same(size::RADIUS))
        .inner_margin(Margin::symmetric(12, 4))
        .show(ui, |ui| {
            ui.horizontal_top(|ui| {
                let button_width = size::CONTROL_HEIGHT + ui.spacing().item_spacing.x;
                let width = ui.available_width() - button_width;
                ui.allocate_ui_with_layout(egui::vec2(width, 0.0), Layout::top_down(Align::Min), |ui| {
                    ui.set_min_width(width);
                    ui.add_space(size::GAP_SMALL);
                    ui.add(egui::Label::new(value).wrap().selectable(true));
                    ui.add_space(size::GAP_SMALL);
                });
                if icon_button_ui(ui, ICON_CONTENT_COPY, label).clicked() {
                    ui.ctx().copy_text(text);
                    copied = true;
                }
            });
        });
    copied
}

/// What went wrong, what to do, and the code for support.
pub(crate) fn problem_ui(ui: &mut Ui, words: &Words, error: &StaffError) {
    let Problem { title, advice, detail } = words.problem(error);
    alarm_ui(ui, title, advice, detail);
}

/// Something that must not be overlooked: what it is, what to do, and a note.
pub(crate) fn alarm_ui(ui: &mut Ui, title: String, advice: String, detail: Option<String>) {
    let p = palette(ui);
    let line = |text: String| RichText::new(text).line_height(Some(size::LINE_HEIGHT));
    Frame::new()
        .fill(p.bad_soft)
        .corner_radius(CornerRadius::same(size::RADIUS))
        .inner_margin(Margin::symmetric(12, 10))
        .show(ui, |ui| {
            ui.set_width(ui.available_width());
            ui.horizontal_top(|ui| {
                ui.label(ICON_ERROR.rich_text().size(size::TEXT_ICON).color(p.bad));
                ui.vertical(|ui| {
                    ui.add(egui::Label::new(line(title).color(p.bad)).wrap());
                    ui.add(egui::Label::new(line(advice)).wrap());
                    if let Some(detail) = detail {
                        let detail = RichText::new(detail).size(size::TEXT_SMALL).color(p.weak);
                        ui.add(egui::Label::new(detail).wrap().selectable(true));
                    }
                });
            });
        });
    ui.add_space(size::GAP_SMALL);
}

/// A page or list without content: what it is, and what to do.
pub(crate) fn empty_ui(ui: &mut Ui, icon: MaterialIcon, title: &str, advice: &str) {
    let p = palette(ui);
    ui.vertical_centered(|ui| {
        ui.add_space(ui.available_height() * 0.2);
        ui.label(icon.rich_text().size(size::TEXT_ICON_LARGE).color(p.border));
        ui.add_space(size::GAP_SMALL);
        section_ui(ui, title);
        weak_ui(ui, advice);
        ui.add_space(size::GAP);
    });
}

/// The frame around a group on a page.
pub(crate) fn card(ui: &Ui) -> Frame {
    let p = palette(ui);
    Frame::new()
        .fill(p.surface)
        .stroke(Stroke::new(1.0, p.border))
        .corner_radius(CornerRadius::same(size::RADIUS_CARD))
        .inner_margin(Margin::same(size::CARD_MARGIN))
}

/// The head of the panel at the side; true if it is to be closed.
pub(crate) fn panel_head_ui(ui: &mut Ui, words: &Words, title: &str) -> bool {
    let close = ui
        .horizontal(|ui| {
            section_ui(ui, title);
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                icon_button_ui(ui, ICON_CLOSE, &words.msg_close()).clicked()
            })
            .inner
        })
        .inner;
    ui.add_space(size::GAP);
    close
}

/// A small line between groups of a panel.
pub(crate) fn divider_ui(ui: &mut Ui) {
    ui.add_space(size::GAP);
    let (rect, _) = ui.allocate_exact_size(egui::vec2(ui.available_width(), 1.0), egui::Sense::hover());
    ui.painter().hline(rect.x_range(), rect.center().y, Stroke::new(1.0, palette(ui).border));
    ui.add_space(size::GAP);
}

/// A line of a bill: what, and when or who, at the left; an amount at the right.
pub(crate) fn amount_ui(ui: &mut Ui, name: &str, small: &str, amount: &str) {
    ui.horizontal(|ui| {
        let amount_width = 96.0;
        ui.allocate_ui_with_layout(
            egui::vec2(ui.available_width() - amount_width, 0.0),
            Layout::top_down(Align::Min),
            |ui| {
                ui.spacing_mut().item_spacing.y = 2.0;
                ui.add(egui::Label::new(name).wrap());
                ui.label(RichText::new(small).size(size::TEXT_SMALL).color(palette(ui).weak));
            },
        );
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            ui.label(amount);
        });
    });
    ui.add_space(size::GAP_SMALL);
}

/// What the user said to a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Confirmed {
    Yes,
    No,
}

/// Asks before something that cannot be taken back.
pub(crate) fn confirm_ui(ui: &Ui, words: &Words, question: &str, warning: &str, action: &str) -> Option<Confirmed> {
    let frame = Frame::window(ui.style()).inner_margin(Margin::same(size::PANEL_MARGIN));
    let modal = egui::Modal::new(egui::Id::unique("confirm")).frame(frame).show(ui.ctx(), |ui| {
        ui.set_width(size::MODAL_WIDTH);
        section_ui(ui, question);
        ui.add_space(size::GAP_SMALL);
        weak_ui(ui, warning);
        ui.add_space(size::GAP_LARGE);
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let yes = danger_ui(ui, true, action).clicked();
            let no = button_ui(ui, true, &words.msg_cancel()).clicked();
            if yes {
                Some(Confirmed::Yes)
            } else if no {
                Some(Confirmed::No)
            } else {
                None
            }
        })
        .inner
    });
    modal.inner.or(modal.should_close().then_some(Confirmed::No))
}

/// How far something is, as a thin bar.
#[allow(clippy::cast_precision_loss)] // a bar has some hundred pixels
pub(crate) fn bar_ui(ui: &mut Ui, done: u64, total: u64, width: f32) -> Response {
    let fraction = if total == 0 { 0.0 } else { (done as f32 / total as f32).clamp(0.0, 1.0) };
    let p = palette(ui);
    let (rect, response) = ui.allocate_exact_size(egui::vec2(width, size::BAR_HEIGHT), egui::Sense::hover());
    let radius = size::BAR_HEIGHT / 2.0;
    ui.painter().rect_filled(rect, radius, p.track);
    let filled = egui::Rect::from_min_size(rect.min, egui::vec2(rect.width() * fraction, rect.height()));
    ui.painter().rect_filled(filled, radius, p.accent);
    response.widget_info(|| {
        let mut info = egui::WidgetInfo::new(egui::Role::ProgressIndicator);
        info.value = Some(f64::from(fraction) * 100.0);
        info
    });
    response
}
