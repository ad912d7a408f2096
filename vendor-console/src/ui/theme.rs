//! Design tokens: every colour, size and distance of the window, for both themes, and the fonts.

use std::sync::Arc;

use eframe::egui::{
    self, Color32, CornerRadius, FontData, FontDefinitions, FontFamily, FontId, FontTweak, Margin, Shadow, Stroke,
    TextStyle, Theme, Visuals,
};

/// Widths, heights and distances, in points.
pub(crate) mod size {
    use eframe::egui;

    pub(crate) const NAV_WIDTH: f32 = 212.0;
    pub(crate) const NAV_ITEM_HEIGHT: f32 = 36.0;
    pub(crate) const PANEL_WIDTH: f32 = 384.0;
    /// With less beside it, the panel takes the place of the page.
    pub(crate) const PAGE_WIDTH_MIN: f32 = 520.0;
    pub(crate) const FORM_WIDTH_MAX: f32 = 560.0;
    pub(crate) const PAGE_MARGIN: i8 = 24;
    pub(crate) const PANEL_MARGIN: i8 = 20;
    pub(crate) const CARD_MARGIN: i8 = 16;
    pub(crate) const CARD_HEIGHT: f32 = 56.0;
    pub(crate) const GAP: f32 = 12.0;
    pub(crate) const GAP_SMALL: f32 = 6.0;
    pub(crate) const GAP_LARGE: f32 = 20.0;
    pub(crate) const CONTROL_HEIGHT: f32 = 32.0;
    pub(crate) const ROW_HEIGHT: f32 = 42.0;
    pub(crate) const HEADER_HEIGHT: f32 = 32.0;
    pub(crate) const SEARCH_WIDTH: f32 = 240.0;
    pub(crate) const FILTER_WIDTH: f32 = 200.0;
    pub(crate) const DATE_WIDTH: f32 = 124.0;
    pub(crate) const MODAL_WIDTH: f32 = 400.0;
    pub(crate) const STEP_WIDTH: f32 = 260.0;
    pub(crate) const TOAST_WIDTH: f32 = 340.0;
    pub(crate) const BAR_HEIGHT: f32 = 6.0;
    pub(crate) const LINE_HEIGHT: f32 = 19.0;
    pub(crate) const CHIP_PADDING: egui::Vec2 = egui::vec2(8.0, 3.0);
    pub(crate) const CELL_PADDING: f32 = 8.0;
    pub(crate) const TIME_WIDTH: f32 = 164.0;
    pub(crate) const RADIUS: u8 = 6;
    pub(crate) const RADIUS_CARD: u8 = 10;
    pub(crate) const TEXT_SMALL: f32 = 12.0;
    pub(crate) const TEXT_BODY: f32 = 13.5;
    pub(crate) const TEXT_TITLE: f32 = 22.0;
    pub(crate) const TEXT_SECTION: f32 = 15.0;
    pub(crate) const TEXT_FIGURE: f32 = 22.0;
    pub(crate) const TEXT_CODE: f32 = 19.0;
    pub(crate) const TEXT_ICON: f32 = 18.0;
    pub(crate) const TEXT_ICON_LARGE: f32 = 40.0;
}

const BOLD: &str = "bold";

/// The colours of one theme.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Palette {
    pub(crate) page: Color32,
    pub(crate) surface: Color32,
    pub(crate) nav: Color32,
    pub(crate) border: Color32,
    pub(crate) edge: Color32,
    pub(crate) control: Color32,
    pub(crate) hover: Color32,
    pub(crate) pressed: Color32,
    pub(crate) text: Color32,
    pub(crate) weak: Color32,
    pub(crate) accent: Color32,
    pub(crate) accent_hover: Color32,
    pub(crate) on_accent: Color32,
    pub(crate) accent_soft: Color32,
    pub(crate) good: Color32,
    pub(crate) good_soft: Color32,
    pub(crate) warn: Color32,
    pub(crate) warn_soft: Color32,
    pub(crate) bad: Color32,
    pub(crate) bad_soft: Color32,
    pub(crate) neutral_soft: Color32,
    pub(crate) track: Color32,
    shadow: Color32,
}

const LIGHT: Palette = Palette {
    page: Color32::from_rgb(0xFA, 0xFB, 0xFC),
    surface: Color32::from_rgb(0xFF, 0xFF, 0xFF),
    nav: Color32::from_rgb(0xF2, 0xF4, 0xF7),
    border: Color32::from_rgb(0xE2, 0xE6, 0xEC),
    edge: Color32::from_rgb(0xC3, 0xCB, 0xD6),
    control: Color32::from_rgb(0xFF, 0xFF, 0xFF),
    hover: Color32::from_rgb(0xF3, 0xF5, 0xF9),
    pressed: Color32::from_rgb(0xE8, 0xEC, 0xF3),
    text: Color32::from_rgb(0x1A, 0x1F, 0x2B),
    weak: Color32::from_rgb(0x5F, 0x69, 0x7B),
    accent: Color32::from_rgb(0x3B, 0x4F, 0xD0),
    accent_hover: Color32::from_rgb(0x30, 0x42, 0xB8),
    on_accent: Color32::from_rgb(0xFF, 0xFF, 0xFF),
    accent_soft: Color32::from_rgb(0xE9, 0xEC, 0xFC),
    good: Color32::from_rgb(0x0B, 0x6E, 0x43),
    good_soft: Color32::from_rgb(0xDF, 0xF4, 0xE8),
    warn: Color32::from_rgb(0x8A, 0x4F, 0x00),
    warn_soft: Color32::from_rgb(0xFD, 0xF0, 0xD5),
    bad: Color32::from_rgb(0xB0, 0x22, 0x2A),
    bad_soft: Color32::from_rgb(0xFC, 0xE7, 0xE7),
    neutral_soft: Color32::from_rgb(0xEA, 0xED, 0xF2),
    track: Color32::from_rgb(0xDD, 0xE2, 0xEA),
    shadow: Color32::from_rgba_premultiplied(0, 0, 0, 28),
};

const DARK: Palette = Palette {
    page: Color32::from_rgb(0x15, 0x17, 0x1C),
    surface: Color32::from_rgb(0x1C, 0x1F, 0x26),
    nav: Color32::from_rgb(0x11, 0x13, 0x17),
    border: Color32::from_rgb(0x2E, 0x33, 0x3D),
    edge: Color32::from_rgb(0x47, 0x4F, 0x5D),
    control: Color32::from_rgb(0x22, 0x26, 0x2E),
    hover: Color32::from_rgb(0x26, 0x2A, 0x33),
    pressed: Color32::from_rgb(0x30, 0x35, 0x40),
    text: Color32::from_rgb(0xE6, 0xE9, 0xEF),
    weak: Color32::from_rgb(0x9A, 0xA3, 0xB2),
    accent: Color32::from_rgb(0x8A, 0x9A, 0xFF),
    accent_hover: Color32::from_rgb(0xA3, 0xB0, 0xFF),
    on_accent: Color32::from_rgb(0x10, 0x13, 0x28),
    accent_soft: Color32::from_rgb(0x27, 0x2C, 0x4B),
    good: Color32::from_rgb(0x58, 0xCC, 0x95),
    good_soft: Color32::from_rgb(0x17, 0x33, 0x28),
    warn: Color32::from_rgb(0xF2, 0xBC, 0x62),
    warn_soft: Color32::from_rgb(0x3B, 0x2E, 0x15),
    bad: Color32::from_rgb(0xFF, 0x87, 0x87),
    bad_soft: Color32::from_rgb(0x42, 0x20, 0x25),
    neutral_soft: Color32::from_rgb(0x2B, 0x2F, 0x39),
    track: Color32::from_rgb(0x33, 0x39, 0x45),
    shadow: Color32::from_rgba_premultiplied(0, 0, 0, 110),
};

/// The colours of the theme that `ui` is drawn in.
pub(crate) fn palette(ui: &egui::Ui) -> &'static Palette {
    if ui.visuals().dark_mode { &DARK } else { &LIGHT }
}

/// The bold face.
pub(crate) fn bold(points: f32) -> FontId {
    FontId::new(points, FontFamily::Name(BOLD.into()))
}

/// Sets fonts, colours and distances of both themes.
pub(crate) fn apply(ctx: &egui::Context) {
    ctx.set_fonts(fonts());
    egui_material_icons::initialize(ctx);
    ctx.options_mut(|options| options.fallback_theme = Theme::Light);
    ctx.all_styles_mut(|style| {
        style.text_styles = [
            (TextStyle::Small, FontId::proportional(size::TEXT_SMALL)),
            (TextStyle::Body, FontId::proportional(size::TEXT_BODY)),
            (TextStyle::Button, FontId::proportional(size::TEXT_BODY)),
            (TextStyle::Monospace, FontId::monospace(size::TEXT_BODY)),
            (TextStyle::Heading, bold(size::TEXT_TITLE)),
        ]
        .into();
        style.spacing.item_spacing = egui::vec2(8.0, 6.0);
        style.spacing.button_padding = egui::vec2(12.0, 6.0);
        style.spacing.interact_size.y = size::CONTROL_HEIGHT;
        style.spacing.menu_margin = Margin::same(6);
        style.spacing.combo_height = 320.0;
        style.interaction.selectable_labels = false;
    });
    ctx.set_visuals_of(Theme::Light, visuals(Visuals::light(), &LIGHT));
    ctx.set_visuals_of(Theme::Dark, visuals(Visuals::dark(), &DARK));
}

fn visuals(mut visuals: Visuals, palette: &Palette) -> Visuals {
    let radius = CornerRadius::same(size::RADIUS);
    let shadow = Shadow { offset: [0, 6], blur: 20, spread: 0, color: palette.shadow };
    visuals.override_text_color = None;
    visuals.weak_text_color = Some(palette.weak);
    visuals.panel_fill = palette.page;
    visuals.window_fill = palette.surface;
    visuals.window_stroke = Stroke::new(1.0, palette.border);
    visuals.window_corner_radius = CornerRadius::same(size::RADIUS_CARD);
    visuals.window_shadow = shadow;
    visuals.popup_shadow = shadow;
    visuals.menu_corner_radius = CornerRadius::same(size::RADIUS);
    visuals.extreme_bg_color = palette.control;
    visuals.text_edit_bg_color = Some(palette.control);
    visuals.faint_bg_color = palette.hover;
    visuals.hyperlink_color = palette.accent;
    visuals.error_fg_color = palette.bad;
    visuals.warn_fg_color = palette.warn;
    visuals.selection.bg_fill = palette.accent_soft;
    visuals.selection.stroke = Stroke::new(1.0, palette.accent);
    visuals.striped = false;
    let widgets = &mut visuals.widgets;
    for (state, fill, edge) in [
        (&mut widgets.noninteractive, palette.surface, palette.border),
        (&mut widgets.inactive, palette.control, palette.edge),
        (&mut widgets.hovered, palette.hover, palette.weak),
        (&mut widgets.active, palette.pressed, palette.accent),
        (&mut widgets.open, palette.pressed, palette.edge),
    ] {
        state.bg_fill = fill;
        state.weak_bg_fill = fill;
        state.bg_stroke = Stroke::new(1.0, edge);
        state.fg_stroke = Stroke::new(1.0, palette.text);
        state.corner_radius = radius;
        state.expansion = 0.0;
    }
    visuals
}

/// BIZ UDPGothic in both weights: it has every character of both languages; egui's own monospace for codes.
fn fonts() -> FontDefinitions {
    let mut fonts = FontDefinitions::default();
    let mut add = |name: &str, bytes: &'static [u8]| {
        // Its hints are for small bitmap sizes and make strokes uneven here.
        let tweak = FontTweak { hinting: Some(false), ..FontTweak::default() };
        fonts.font_data.insert(name.to_owned(), Arc::new(FontData::from_static(bytes).tweak(tweak)));
    };
    add("biz-regular", include_bytes!("../../assets/fonts/BIZUDPGothic_400Regular.ttf"));
    add("biz-bold", include_bytes!("../../assets/fonts/BIZUDPGothic_700Bold.ttf"));
    let mut family = |family: FontFamily, first: &str| {
        fonts.families.entry(family).or_default().insert(0, first.to_owned());
    };
    family(FontFamily::Proportional, "biz-regular");
    family(FontFamily::Name(BOLD.into()), "biz-regular");
    family(FontFamily::Name(BOLD.into()), "biz-bold");
    if let Some(monospace) = fonts.families.get_mut(&FontFamily::Monospace) {
        monospace.push("biz-regular".to_owned());
    }
    fonts
}
