//! The few widgets of the touchscreen: large, named for screen readers and tests, painted from the tokens alone.

use std::sync::Arc;
use std::time::Duration;

use egui::accesskit::Role;
use egui::text::{LayoutJob, TextFormat};
use egui::{
    Align, Align2, AsIdSalt, Color32, CornerRadius, FontId, Galley, Label, Layout, Painter, Pos2, Rect, Response,
    ScrollArea, Sense, Stroke, StrokeKind, Ui, UiBuilder, Vec2, WidgetInfo, pos2, vec2,
};
use egui_material_icons::MaterialIcon;

use super::theme::{self, Tone, Type};

/// Lays something out from the top of a given rectangle, without moving the cursor of `ui`.
pub(super) fn at<R>(ui: &mut Ui, rect: Rect, add: impl FnOnce(&mut Ui) -> R) -> R {
    let layout = Layout::top_down(Align::Min);
    add(&mut ui.new_child(UiBuilder::new().max_rect(rect).layout(layout)))
}

/// Like [`at`], for a row of a list: what is touched stays the same row when others come and go.
pub(super) fn row_at<R>(ui: &mut Ui, rect: Rect, row: impl AsIdSalt, add: impl FnOnce(&mut Ui) -> R) -> R {
    add(&mut ui.new_child(UiBuilder::new().id_salt(row).max_rect(rect)))
}

/// A text that wraps.
pub(super) fn say(ui: &mut Ui, kind: Type, color: Color32, text: impl Into<String>) -> Response {
    ui.add(Label::new(kind.text(text, color)).wrap())
}

/// A text of one line, cut with an ellipsis if it must be.
pub(super) fn say_line(ui: &mut Ui, kind: Type, color: Color32, text: impl Into<String>) -> Response {
    ui.add(Label::new(kind.text(text, color)).truncate())
}

/// An icon, centred.
pub(super) fn paint_icon(painter: &Painter, center: Pos2, icon: MaterialIcon, size: f32, color: Color32) {
    painter.text(center, Align2::CENTER_CENTER, icon.codepoint, FontId::new(size, icon.font_family()), color);
}

/// An icon in a disc.
pub(super) fn paint_disc(painter: &Painter, center: Pos2, icon: MaterialIcon, diameter: f32, tone: Tone) {
    painter.circle_filled(center, diameter / 2.0, tone.ground);
    paint_icon(painter, center, icon, diameter * 0.56, tone.ink);
}

/// A text of at most `rows` lines within `width`.
pub(super) fn lay_out(
    painter: &Painter,
    kind: Type,
    color: Color32,
    text: &str,
    width: f32,
    rows: usize,
) -> Arc<Galley> {
    let line_height = Some(kind.line_height());
    let format = TextFormat { font_id: kind.font(), color, line_height, ..TextFormat::default() };
    let mut job = LayoutJob::single_section(text.to_owned(), format);
    job.wrap.max_width = width;
    job.wrap.max_rows = rows;
    painter.layout_job(job)
}

/// A text of one line in the largest of several types that fits.
pub(super) fn lay_out_fitting(
    painter: &Painter,
    kinds: &[Type],
    color: Color32,
    text: &str,
    width: f32,
) -> Arc<Galley> {
    let mut galley = None;
    for kind in kinds {
        let candidate = lay_out(painter, *kind, color, text, width, 1);
        let fits = !candidate.elided;
        galley = Some(candidate);
        if fits {
            break;
        }
    }
    galley.unwrap_or_else(|| lay_out(painter, theme::FINE, color, text, width, 1))
}

/// What a button looks like, and so what it means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Look {
    /// The way forward; at most one on a screen.
    Primary,
    /// Anything else.
    Plain,
    /// Destroys something.
    Danger,
}

impl Look {
    fn colors(self, enabled: bool, pressed: bool) -> (Color32, Color32, Stroke) {
        match (self, enabled, pressed) {
            (_, false, _) => (theme::DISABLED, theme::INK_FAINT, Stroke::NONE),
            (Self::Primary, _, false) => (theme::ACCENT, theme::ON_ACCENT, Stroke::NONE),
            (Self::Primary, _, true) => (theme::ACCENT_PRESSED, theme::ON_ACCENT, Stroke::NONE),
            (Self::Plain, _, false) => (theme::SURFACE, theme::INK, theme::OUTLINE),
            (Self::Plain, _, true) => (theme::SURFACE_PRESSED, theme::INK, theme::OUTLINE),
            (Self::Danger, _, false) => (theme::SURFACE, theme::BAD.ink, Stroke::new(1.5, theme::BAD.ink)),
            (Self::Danger, _, true) => (theme::BAD.ground, theme::BAD.ink, Stroke::new(1.5, theme::BAD.ink)),
        }
    }
}

/// A button with a text and perhaps an icon, filling `rect`. True if it was touched.
pub(super) fn button(
    ui: &mut Ui,
    rect: Rect,
    look: Look,
    icon: Option<MaterialIcon>,
    label: &str,
    enabled: bool,
) -> bool {
    painted_button(ui, rect, look, icon, label, label, enabled)
}

/// A button whose name for screen readers says more than what is painted on it.
pub(super) fn named_button(ui: &mut Ui, rect: Rect, look: Look, label: &str, name: &str) -> bool {
    painted_button(ui, rect, look, None, label, name, true)
}

fn painted_button(
    ui: &mut Ui,
    rect: Rect,
    look: Look,
    icon: Option<MaterialIcon>,
    label: &str,
    name: &str,
    enabled: bool,
) -> bool {
    let response = touch(ui, rect, name, enabled);
    let (fill, ink, stroke) = look.colors(enabled, response.is_pointer_button_down_on());
    paint_plate(ui, rect, theme::RADIUS, fill, stroke, &response);
    let icon_width = if icon.is_some() { 34.0 } else { 0.0 };
    let room = rect.width() - 24.0 - icon_width;
    let kinds = [theme::BODY_BOLD, theme::SMALL_BOLD, theme::FINE];
    let galley = lay_out_fitting(ui.painter(), &kinds, ink, label, room);
    let left = rect.center().x - (galley.size().x + icon_width) / 2.0;
    if let Some(icon) = icon {
        paint_icon(ui.painter(), pos2(left + 12.0, rect.center().y), icon, 26.0, ink);
    }
    let top = rect.center().y - galley.size().y / 2.0;
    ui.painter().galley(pos2(left + icon_width, top), galley, ink);
    response.clicked()
}

/// A button that shows only an icon; its name is for screen readers.
pub(super) fn icon_button(ui: &mut Ui, rect: Rect, icon: MaterialIcon, name: &str) -> bool {
    let response = touch(ui, rect, name, true);
    let (fill, ink, stroke) = Look::Plain.colors(true, response.is_pointer_button_down_on());
    paint_plate(ui, rect, theme::RADIUS, fill, stroke, &response);
    paint_icon(ui.painter(), rect.center(), icon, 28.0, ink);
    response.clicked()
}

/// A white plate that can be touched; the caller paints onto it.
pub(super) fn plate(ui: &mut Ui, rect: Rect, name: &str, selected: Option<bool>) -> Response {
    let response = ui.allocate_rect(rect, Sense::click());
    response.widget_info(|| match selected {
        Some(selected) => WidgetInfo::selected(Role::RadioButton, ui.is_enabled(), selected, name),
        None => WidgetInfo::labeled(Role::Button, ui.is_enabled(), name),
    });
    let fill = match (response.is_pointer_button_down_on(), selected) {
        (true, _) => theme::SURFACE_PRESSED,
        (false, Some(true)) => theme::ACCENT_SOFT,
        _ => theme::SURFACE,
    };
    let stroke = if selected == Some(true) { theme::SELECTED } else { theme::HAIRLINE };
    paint_plate(ui, rect, theme::RADIUS, fill, stroke, &response);
    response
}

/// Tells screen readers and tests what is painted on a plate besides its name.
pub(super) fn tell(ui: &Ui, plate: &Response, rect: Rect, text: &str) {
    let told = ui.interact(rect, plate.id.with(text), Sense::hover());
    told.widget_info(|| WidgetInfo::labeled(Role::Label, true, text));
}

/// A white plate that is only looked at.
pub(super) fn paint_card(ui: &Ui, rect: Rect) {
    ui.painter().rect(rect, theme::RADIUS, theme::SURFACE, theme::HAIRLINE, StrokeKind::Inside);
}

/// A touchable rectangle with a name.
pub(super) fn touch(ui: &mut Ui, rect: Rect, name: &str, enabled: bool) -> Response {
    let sense = if enabled { Sense::click() } else { Sense::hover() };
    let response = ui.allocate_rect(rect, sense);
    response.widget_info(|| WidgetInfo::labeled(Role::Button, enabled && ui.is_enabled(), name));
    response
}

pub(super) fn paint_plate(
    ui: &Ui,
    rect: Rect,
    radius: CornerRadius,
    fill: Color32,
    stroke: Stroke,
    response: &Response,
) {
    ui.painter().rect(rect, radius, fill, stroke, StrokeKind::Inside);
    if response.has_focus() {
        ui.painter().rect_stroke(rect.expand(3.0), radius, theme::SELECTED, StrokeKind::Outside);
    }
}

/// A small coloured label. Returns where it ends on the right.
pub(super) fn paint_badge(
    painter: &Painter,
    left_center: Pos2,
    icon: Option<MaterialIcon>,
    text: &str,
    tone: Tone,
) -> f32 {
    let galley = lay_out(painter, theme::SMALL_BOLD, tone.ink, text, f32::INFINITY, 1);
    let icon_width = if icon.is_some() { 26.0 } else { 0.0 };
    let size = vec2(galley.size().x + icon_width + 24.0, 32.0);
    let rect = Rect::from_min_size(pos2(left_center.x, left_center.y - size.y / 2.0), size);
    painter.rect_filled(rect, CornerRadius::same(16), tone.ground);
    if let Some(icon) = icon {
        paint_icon(painter, pos2(rect.left() + 21.0, rect.center().y), icon, 20.0, tone.ink);
    }
    let top = rect.center().y - galley.size().y / 2.0;
    painter.galley(pos2(rect.left() + 12.0 + icon_width, top), galley, tone.ink);
    rect.right()
}

/// A badge in the flow of a layout.
pub(super) fn badge(ui: &mut Ui, icon: Option<MaterialIcon>, text: &str, tone: Tone) {
    let galley = lay_out(ui.painter(), theme::SMALL_BOLD, tone.ink, text, f32::INFINITY, 1);
    let width = galley.size().x + 24.0 + if icon.is_some() { 26.0 } else { 0.0 };
    let (rect, response) = ui.allocate_exact_size(vec2(width, 32.0), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, text));
    paint_badge(ui.painter(), rect.left_center(), icon, text, tone);
}

/// Something that the user should know, on a coloured ground.
pub(super) fn notice(ui: &mut Ui, tone: Tone, icon: MaterialIcon, text: &str) {
    let width = ui.available_width();
    let galley = lay_out(ui.painter(), theme::BODY, tone.ink, text, width - 76.0, 4);
    let (rect, response) = ui.allocate_exact_size(vec2(width, galley.size().y + 28.0), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, text));
    ui.painter().rect_filled(rect, theme::RADIUS, tone.ground);
    paint_icon(ui.painter(), pos2(rect.left() + 32.0, rect.center().y), icon, 30.0, tone.ink);
    ui.painter().galley(pos2(rect.left() + 60.0, rect.top() + 14.0), galley, tone.ink);
}

/// A bar that fills smoothly; `fraction` is 0 to 1.
pub(super) fn progress(ui: &mut Ui, name: &str, fraction: f32) {
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 24.0), Sense::hover());
    response.widget_info(|| WidgetInfo {
        value: Some(f64::from(fraction)),
        ..WidgetInfo::labeled(Role::ProgressIndicator, true, name)
    });
    let shown = ui.ctx().animate_value_with_time(response.id, fraction, ui.style().animation_time);
    let radius = CornerRadius::same(12);
    ui.painter().rect_filled(rect, radius, theme::DISABLED);
    let mut filled = rect;
    filled.set_width((rect.width() * shown.clamp(0.0, 1.0)).max(rect.height()));
    ui.painter().rect_filled(filled, radius, theme::ACCENT);
}

/// Three dots that take turns while somebody is waited for.
pub(super) fn paint_waiting(ui: &Ui, center: Pos2) {
    const TURN_S: f64 = 0.35;
    let turn = (ui.input(|input| input.time) / TURN_S).rem_euclid(3.0);
    for (index, offset) in [-28.0, 0.0, 28.0].into_iter().enumerate() {
        let active = turn >= index as f64 && turn < index as f64 + 1.0;
        let (radius, color) = if active { (11.0, theme::ACCENT) } else { (8.0, theme::LINE_STRONG) };
        ui.painter().circle_filled(center + vec2(offset, 0.0), radius, color);
    }
    ui.ctx().request_repaint_after(Duration::from_millis(350));
}

/// A list that is moved with a finger.
pub(super) fn scroll<R>(ui: &mut Ui, rect: Rect, name: &str, add: impl FnOnce(&mut Ui) -> R) -> R {
    at(ui, rect, |ui| {
        let source = egui::scroll_area::ScrollSource::ALL;
        let area = ScrollArea::vertical().id_salt(name).auto_shrink(false).scroll_source(source);
        let role = |ui: &Ui| ui.ctx().accesskit_node_builder(ui.unique_id(), |node| node.set_role(Role::ScrollView));
        area.show(ui, |ui| {
            role(ui);
            add(ui)
        })
        .inner
    })
}

/// Cuts a rectangle into columns of equal width.
pub(super) fn columns(rect: Rect, count: usize, gap: f32) -> impl Iterator<Item = Rect> {
    let width = (rect.width() - gap * (count as f32 - 1.0)) / count as f32;
    (0..count).map(move |i| {
        let left = rect.left() + i as f32 * (width + gap);
        Rect::from_min_size(pos2(left, rect.top()), Vec2::new(width, rect.height()))
    })
}
