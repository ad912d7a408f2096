//! A table: columns and cells as plain data, drawn in one place. Only the rows in sight are built.

use eframe::egui::{self, Align, Layout, RichText, Sense, Ui};
use egui_extras::{Column, TableBuilder};

use super::theme::{bold, palette, size};
use super::widgets::{Tone, bar_ui, chip_ui};

/// How wide a column is, in points.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Width {
    Fixed(f32),
    /// Takes its share of the rest, but at least this.
    Rest(f32),
}

/// A column.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Head {
    pub(crate) title: String,
    pub(crate) width: Width,
    /// Numbers stand at the right.
    pub(crate) is_number: bool,
    /// Left out where there is no room for all; what it shows is in the details too.
    is_secondary: bool,
}

impl Head {
    pub(crate) fn text(title: String, width: Width) -> Self {
        Self { title, width, is_number: false, is_secondary: false }
    }

    pub(crate) fn number(title: String, width: f32) -> Self {
        Self { title, width: Width::Fixed(width), is_number: true, is_secondary: false }
    }
}

impl Head {
    pub(crate) fn secondary(mut self) -> Self {
        self.is_secondary = true;
        self
    }

    const fn least(&self) -> f32 {
        match self.width {
            Width::Fixed(width) | Width::Rest(width) => width,
        }
    }
}

/// The columns that are shown in a room so wide: secondary ones go first, from the right.
fn shown(heads: &[Head], room: f32) -> Vec<usize> {
    let mut shown: Vec<usize> = (0..heads.len()).collect();
    while shown.iter().map(|&i| heads[i].least()).sum::<f32>() > room {
        let Some(last) = shown.iter().rposition(|&i| heads[i].is_secondary) else { break };
        shown.remove(last);
    }
    shown
}

/// What a cell shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Cell {
    /// The name of the row: a link that opens it.
    Open(String),
    Text(String),
    Weak(String),
    Chip(Tone, String),
    /// Bytes done and in all, and what to write beside the bar.
    Bar(u64, u64, String),
}

/// Draws the table; the row that was clicked.
pub(crate) fn table_ui(
    ui: &mut Ui,
    id: &str,
    heads: &[Head],
    row_count: usize,
    selected: Option<usize>,
    cells: impl Fn(usize) -> Vec<Cell>,
) -> Option<usize> {
    let mut opened = None;
    let scroll_bar = ui.spacing().scroll.bar_width + ui.spacing().scroll.bar_inner_margin;
    let room = ui.available_width() - scroll_bar;
    let shown = shown(heads, room);
    let sum = |share: fn(Width) -> f32| shown.iter().map(|&i| share(heads[i].width)).sum::<f32>();
    let fixed = sum(|width| if let Width::Fixed(width) = width { width } else { 0.0 });
    let least = sum(|width| if let Width::Rest(least) = width { least } else { 0.0 });
    let rest = (room - fixed).max(least);
    egui::ScrollArea::horizontal().id_salt((id, "scroll")).show(ui, |ui| {
        // The cells pad themselves, so that lines and colours of a row have no gaps.
        let spacing = std::mem::take(&mut ui.spacing_mut().item_spacing);
        let mut table = TableBuilder::new(ui)
            .id_salt(id)
            .sense(Sense::click())
            .cell_layout(Layout::left_to_right(Align::Center))
            .auto_shrink([false, false])
            .min_scrolled_height(0.0);
        for head in shown.iter().map(|&i| &heads[i]) {
            let width = match head.width {
                Width::Fixed(width) => width,
                Width::Rest(share) => rest * share / least.max(1.0),
            };
            table = table.column(Column::exact(width).clip(true));
        }
        let table = table.header(size::HEADER_HEIGHT, |mut row| {
            for head in shown.iter().map(|&i| &heads[i]) {
                row.col(|ui| {
                    let colour = palette(ui).weak;
                    let title = RichText::new(&head.title).font(bold(size::TEXT_SMALL)).color(colour);
                    aligned_ui(ui, head.is_number, spacing, |ui| ui.label(title));
                });
            }
        });
        table.body(|body| {
            body.rows(size::ROW_HEIGHT, row_count, |mut row| {
                let index = row.index();
                row.set_selected(selected == Some(index));
                row.set_overline(true);
                let cells = cells(index);
                for (head, cell) in shown.iter().filter_map(|&i| Some((&heads[i], cells.get(i)?))) {
                    row.col(|ui| {
                        if aligned_ui(ui, head.is_number, spacing, |ui| cell_ui(ui, cell)) {
                            opened = Some(index);
                        }
                    });
                }
                if row.response().clicked() {
                    opened = Some(index);
                }
            });
        });
    });
    opened
}

fn aligned_ui<R>(ui: &mut Ui, is_number: bool, spacing: egui::Vec2, add: impl FnOnce(&mut Ui) -> R) -> R {
    ui.spacing_mut().item_spacing = spacing;
    ui.spacing_mut().interact_size.y = size::LINE_HEIGHT;
    let layout = if is_number { Layout::right_to_left(Align::Center) } else { Layout::left_to_right(Align::Center) };
    let rect = ui.max_rect().shrink2(egui::vec2(size::CELL_PADDING, 0.0));
    ui.scope_builder(egui::UiBuilder::new().max_rect(rect).layout(layout), add).inner
}

fn cell_ui(ui: &mut Ui, cell: &Cell) -> bool {
    let p = palette(ui);
    let text = |text: RichText| egui::Label::new(text).truncate();
    match cell {
        Cell::Open(name) => return ui.add(egui::Link::new(RichText::new(name).color(p.accent))).clicked(),
        Cell::Text(value) => ui.add(text(RichText::new(value).color(p.text))),
        Cell::Weak(value) => ui.add(text(RichText::new(value).color(p.weak))),
        Cell::Chip(tone, value) => chip_ui(ui, *tone, value),
        Cell::Bar(done, total, value) => {
            let percent = done.saturating_mul(100) / (*total).max(1);
            let written = RichText::new(format!("{percent} %")).size(size::TEXT_SMALL).color(p.weak);
            ui.label(written).on_hover_text(value);
            bar_ui(ui, *done, *total, ui.available_width())
        }
    };
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secondary_columns_give_way_from_the_right_and_the_others_stay() {
        let head = |width| Head::text(String::new(), width);
        let heads = [
            head(Width::Fixed(100.0)),
            head(Width::Rest(100.0)).secondary(),
            head(Width::Rest(100.0)),
            head(Width::Fixed(100.0)).secondary(),
        ];
        assert_eq!(shown(&heads, 400.0), [0, 1, 2, 3]);
        assert_eq!(shown(&heads, 399.0), [0, 1, 2]);
        assert_eq!(shown(&heads, 250.0), [0, 2]);
        assert_eq!(shown(&heads, 50.0), [0, 2]);
    }
}
