//! Design tokens: every colour, size and font of the touchscreen, and nothing else, is decided here.

use std::sync::Arc;

use egui::epaint::text::FontTweak;
use egui::{Color32, CornerRadius, FontData, FontDefinitions, FontFamily, FontId, RichText, Stroke, Vec2};

/// The smallest screen, in points; a larger one shows the same, larger.
pub(super) const SCREEN: [f32; 2] = [1024.0, 600.0];
/// The smallest side of anything that can be touched.
pub(super) const TARGET_MIN: f32 = 48.0;

pub(super) const CANVAS: Color32 = Color32::from_rgb(0xEE, 0xF2, 0xF6);
pub(super) const SURFACE: Color32 = Color32::WHITE;
pub(super) const SURFACE_PRESSED: Color32 = Color32::from_rgb(0xE2, 0xEA, 0xF3);
pub(super) const LINE: Color32 = Color32::from_rgb(0xD2, 0xDB, 0xE5);
pub(super) const LINE_STRONG: Color32 = Color32::from_rgb(0x8C, 0x9A, 0xAB);
pub(super) const INK: Color32 = Color32::from_rgb(0x14, 0x20, 0x2E);
pub(super) const INK_SOFT: Color32 = Color32::from_rgb(0x47, 0x56, 0x68);
pub(super) const INK_FAINT: Color32 = Color32::from_rgb(0x76, 0x84, 0x94);
pub(super) const BAR: Color32 = Color32::from_rgb(0x13, 0x26, 0x3C);
pub(super) const BAR_INK: Color32 = Color32::from_rgb(0xF4, 0xF8, 0xFC);
pub(super) const BAR_SOFT: Color32 = Color32::from_rgb(0xB4, 0xC4, 0xD6);
pub(super) const ACCENT: Color32 = Color32::from_rgb(0x0A, 0x58, 0xA8);
pub(super) const ACCENT_PRESSED: Color32 = Color32::from_rgb(0x06, 0x3E, 0x7A);
pub(super) const ACCENT_SOFT: Color32 = Color32::from_rgb(0xE2, 0xEE, 0xFA);
pub(super) const ON_ACCENT: Color32 = Color32::WHITE;
pub(super) const DISABLED: Color32 = Color32::from_rgb(0xDD, 0xE3, 0xEA);

/// A text or icon colour and the ground on which it stands out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Tone {
    pub(super) ink: Color32,
    pub(super) ground: Color32,
}

const fn tone(ink: [u8; 3], ground: [u8; 3]) -> Tone {
    Tone { ink: Color32::from_rgb(ink[0], ink[1], ink[2]), ground: Color32::from_rgb(ground[0], ground[1], ground[2]) }
}

pub(super) const NEUTRAL: Tone = tone([0x47, 0x56, 0x68], [0xEC, 0xF0, 0xF5]);
pub(super) const BLUE: Tone = tone([0x0A, 0x58, 0xA8], [0xE2, 0xEE, 0xFA]);
pub(super) const TEAL: Tone = tone([0x06, 0x6E, 0x6A], [0xDC, 0xF2, 0xF0]);
pub(super) const VIOLET: Tone = tone([0x58, 0x3E, 0xA6], [0xEC, 0xE8, 0xF9]);
pub(super) const GOOD: Tone = tone([0x14, 0x6B, 0x3A], [0xDF, 0xF3, 0xE6]);
pub(super) const WARN: Tone = tone([0x7A, 0x4A, 0x00], [0xFF, 0xF0, 0xD2]);
pub(super) const BAD: Tone = tone([0xA8, 0x1E, 0x18], [0xFD, 0xE7, 0xE5]);
/// On the dark status bar.
pub(super) const BAR_GOOD: Color32 = Color32::from_rgb(0x7F, 0xE0, 0xA8);
pub(super) const BAR_WARN: Color32 = Color32::from_rgb(0xFF, 0xCC, 0x73);

pub(super) const RADIUS: CornerRadius = CornerRadius::same(14);
pub(super) const RADIUS_SMALL: CornerRadius = CornerRadius::same(8);
pub(super) const HAIRLINE: Stroke = Stroke { width: 1.0, color: LINE };
pub(super) const OUTLINE: Stroke = Stroke { width: 1.5, color: LINE_STRONG };
pub(super) const SELECTED: Stroke = Stroke { width: 3.0, color: ACCENT };

/// Distance from the edge of the screen.
pub(super) const MARGIN: f32 = 24.0;
/// Between cards.
pub(super) const GAP: f32 = 14.0;
pub(super) const STATUS_BAR: f32 = 48.0;
pub(super) const HEADER: f32 = 76.0;
pub(super) const ACTION_BAR: f32 = 92.0;
/// A button that answers the question of the screen.
pub(super) const ACTION: Vec2 = Vec2::new(240.0, 60.0);
/// Any other button.
pub(super) const BUTTON_HEIGHT: f32 = 56.0;

/// A size and weight of text.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Type {
    size: f32,
    bold: bool,
}

pub(super) const DISPLAY: Type = Type { size: 44.0, bold: true };
pub(super) const TITLE: Type = Type { size: 28.0, bold: true };
pub(super) const HEADING: Type = Type { size: 23.0, bold: true };
pub(super) const BODY: Type = Type { size: 20.0, bold: false };
pub(super) const BODY_BOLD: Type = Type { size: 20.0, bold: true };
pub(super) const SMALL: Type = Type { size: 17.0, bold: false };
pub(super) const SMALL_BOLD: Type = Type { size: 17.0, bold: true };
/// Codes and numbers that only support asks for.
pub(super) const FINE: Type = Type { size: 15.0, bold: false };

impl Type {
    pub(super) fn font(self) -> FontId {
        FontId::new(self.size, if self.bold { bold() } else { FontFamily::Proportional })
    }

    /// The font's own line is 1.0 em high, too tight to read.
    pub(super) fn line_height(self) -> f32 {
        (self.size * 0.7).round() * 2.0
    }

    pub(super) fn text(self, text: impl Into<String>, color: Color32) -> RichText {
        RichText::new(text).font(self.font()).line_height(Some(self.line_height())).color(color)
    }
}

fn bold() -> FontFamily {
    FontFamily::Name("bold".into())
}

/// Gives the context fonts, colours and touch behaviour.
pub(super) fn install(ctx: &egui::Context) {
    ctx.set_fonts(fonts());
    ctx.add_font(egui_material_icons::font_insert());
    ctx.set_theme(egui::Theme::Light);
    ctx.options_mut(|options| {
        options.zoom_with_keyboard = false;
        // The on-screen keyboard types into the field that has the focus, so touching a key must not take it away.
        options.input_options.surrender_focus_on = egui::SurrenderFocusOn::Never;
        // A finger rolls while it presses.
        options.input_options.max_click_dist = 16.0;
        options.input_options.max_click_duration = 2.0;
    });
    ctx.all_styles_mut(|style| {
        style.spacing.item_spacing = Vec2::new(GAP, 8.0);
        style.spacing.interact_size = Vec2::splat(TARGET_MIN);
        style.spacing.scroll = egui::style::ScrollStyle::thin();
        style.interaction.selectable_labels = false;
        style.interaction.tooltip_delay = 1e6;
        style.animation_time = 0.2;
        let visuals = &mut style.visuals;
        visuals.override_text_color = Some(INK);
        visuals.panel_fill = CANVAS;
        visuals.extreme_bg_color = SURFACE;
        visuals.selection.bg_fill = ACCENT_SOFT;
        visuals.selection.stroke = Stroke::new(2.0, ACCENT);
        visuals.text_cursor.stroke = Stroke::new(2.0, ACCENT);
    });
}

fn fonts() -> FontDefinitions {
    // Hinted, this font loses its minus sign at small sizes.
    let font = |bytes: &'static [u8]| {
        let tweak = FontTweak { hinting: Some(false), ..FontTweak::default() };
        Arc::new(FontData::from_static(bytes).tweak(tweak))
    };
    let mut fonts = FontDefinitions::empty();
    let regular = font(crate::formatter::OWN_REGULAR);
    let heavy = font(crate::formatter::OWN_BOLD);
    fonts.font_data.insert("regular".to_owned(), regular);
    fonts.font_data.insert("bold".to_owned(), heavy);
    fonts.families.insert(FontFamily::Proportional, vec!["regular".to_owned()]);
    fonts.families.insert(FontFamily::Monospace, vec!["regular".to_owned()]);
    fonts.families.insert(bold(), vec!["bold".to_owned()]);
    fonts
}
