//! The screens, one a file. A screen keeps what the user types and looks at; everything else comes with [`Cx`].

pub(crate) mod approvals;
pub(crate) mod audit;
pub(crate) mod catalogue;
pub(crate) mod charges;
pub(crate) mod customers;
pub(crate) mod devices;
pub(crate) mod invoices;
pub(crate) mod keys;
pub(crate) mod licences;
pub(crate) mod orders;
pub(crate) mod overview;
pub(crate) mod staff;

use eframe::egui::{self, Align, Frame, Layout, Margin, Response, Stroke, Ui};

use protocol::StaffRole;
use protocol::message::staff::OrderRow;
use protocol::package::{Feature, FeatureList, PackageContent};
use protocol::staff_role::Action;

use super::backend::Backend;
use super::list::Generations;
use super::theme::{palette, size};
use super::toast::Toasts;
use super::widgets::{button_ui, danger_ui, primary_ui, title_ui, value_ui};
use super::words::Words;

/// What a screen is drawn with.
pub(crate) struct Cx<'a> {
    pub(crate) backend: &'a dyn Backend,
    pub(crate) words: &'a Words,
    pub(crate) toasts: &'a mut Toasts,
    pub(crate) generations: &'a Generations,
    /// What the user is trusted with; `None` until the server has said so.
    pub(crate) role: Option<StaffRole>,
    /// Where the user wants to go next.
    pub(crate) go: &'a mut Option<Go>,
}

impl Cx<'_> {
    /// Draws what carries out `action`. If the user's role does not include it, it is disabled and says whose does; the
    /// server would refuse it anyway.
    fn gated_ui(&self, ui: &mut Ui, action: Action, add: impl FnOnce(&mut Ui) -> Response) -> Response {
        if self.role.is_none_or(|role| role.may(action)) {
            return add(ui);
        }
        let gated = ui.add_enabled_ui(false, add).inner;
        let roles = action.roles().iter().map(|role| self.words.role(*role)).collect::<Vec<_>>().join(", ");
        gated.on_disabled_hover_text(self.words.msg_role_only(roles))
    }

    /// The main action of a page or form.
    pub(crate) fn primary_ui(&self, ui: &mut Ui, action: Action, enabled: bool, text: &str) -> Response {
        self.gated_ui(ui, action, |ui| primary_ui(ui, enabled, text))
    }

    /// Another action.
    pub(crate) fn button_ui(&self, ui: &mut Ui, action: Action, enabled: bool, text: &str) -> Response {
        self.gated_ui(ui, action, |ui| button_ui(ui, enabled, text))
    }

    /// An action that takes something away.
    pub(crate) fn danger_ui(&self, ui: &mut Ui, action: Action, enabled: bool, text: &str) -> Response {
        self.gated_ui(ui, action, |ui| danger_ui(ui, enabled, text))
    }
}

/// A screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Screen {
    Overview,
    Customers,
    Devices,
    Catalogue,
    Orders,
    Licences,
    Charges,
    Invoices,
    Approvals,
    Staff,
    Keys,
    Audit,
}

impl Screen {
    pub(crate) const ALL: [Self; 12] = [
        Self::Overview,
        Self::Customers,
        Self::Devices,
        Self::Catalogue,
        Self::Orders,
        Self::Licences,
        Self::Charges,
        Self::Invoices,
        Self::Approvals,
        Self::Staff,
        Self::Keys,
        Self::Audit,
    ];
}

/// Where to go.
pub(crate) enum Go {
    To(Screen),
    Order(Box<OrderRow>),
    /// Licences that end or lock soon.
    Ending,
    NewCustomer,
    RegisterDevice,
    NewOption,
}

/// The head of a page: its title, what belongs to it, and its actions from the right.
pub(crate) fn head_ui<R>(
    ui: &mut Ui,
    title: &str,
    beside: impl FnOnce(&mut Ui),
    actions: impl FnOnce(&mut Ui) -> R,
) -> R {
    let row = ui.horizontal(|ui| {
        title_ui(ui, title);
        ui.add_space(size::GAP_SMALL);
        beside(ui);
        ui.with_layout(Layout::right_to_left(Align::Center), actions).inner
    });
    ui.add_space(size::GAP);
    row.inner
}

/// The panel at the side, for what is looked at or edited. In a small window it takes the place of the page.
pub(crate) fn side_panel_ui<R>(ui: &mut Ui, id: &str, add: impl FnOnce(&mut Ui) -> R) -> R {
    let p = palette(ui);
    let frame = Frame::new().fill(p.surface).inner_margin(Margin::same(size::PANEL_MARGIN));
    let room = ui.available_width();
    let width = if room < size::PANEL_WIDTH + size::PAGE_WIDTH_MIN { room } else { size::PANEL_WIDTH };
    let scrolled = |ui: &mut Ui| {
        ui.set_max_width(ui.available_width().min(size::FORM_WIDTH_MAX));
        let inner = add(ui);
        ui.add_space(size::GAP_LARGE);
        inner
    };
    egui::Panel::right(id.to_owned())
        .resizable(false)
        .exact_size(width)
        .frame(frame)
        .show(ui, |ui| {
            egui::ScrollArea::vertical().id_salt((id, "scroll")).auto_shrink([false, false]).show(ui, scrolled).inner
        })
        .inner
}

/// What a package's program may take, and what it gives to jobs.
pub(crate) fn package_ui(ui: &mut Ui, words: &Words, content: PackageContent, provides: &FeatureList) {
    if let Some(limits) = content.limits() {
        value_ui(ui, &words.msg_package_memory(), &format!("{} MiB", limits.memory_mib()));
        value_ui(ui, &words.msg_package_work(), &work(limits.fuel_per_page()));
    }
    let names: Vec<&str> = provides.iter().map(Feature::as_str).collect();
    if !names.is_empty() {
        value_ui(ui, &words.msg_package_provides(), &names.join(", "));
    }
}

/// Instructions: `20 G`.
fn work(fuel: u64) -> String {
    let (scale, unit) = match fuel {
        0..1_000 => (1, ""),
        1_000..1_000_000 => (1_000, " k"),
        1_000_000..1_000_000_000 => (1_000_000, " M"),
        _ => (1_000_000_000, " G"),
    };
    format!("{}{unit}", fuel.div_ceil(scale))
}

/// The page itself, in the room that the panel leaves; drawn after the panel.
pub(crate) fn page_ui(ui: &mut Ui, add: impl FnOnce(&mut Ui)) {
    if ui.available_width() < size::PANEL_WIDTH {
        return;
    }
    let p = palette(ui);
    let frame = Frame::new().fill(p.page).stroke(Stroke::NONE).inner_margin(Margin::same(size::PAGE_MARGIN));
    egui::CentralPanel::default().frame(frame).show(ui, add);
}
