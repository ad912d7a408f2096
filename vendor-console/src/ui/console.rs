//! The console: navigation at the left, the chosen screen, and news from the server.

use eframe::egui::{self, Align, Button, Frame, Layout, Margin, RichText, Ui};
use egui_material_icons::MaterialIcon;
use egui_material_icons::icons::{
    ICON_BADGE, ICON_DARK_MODE, ICON_DASHBOARD, ICON_ENCRYPTED, ICON_GROUP, ICON_HISTORY, ICON_HOW_TO_REG,
    ICON_INVENTORY_2, ICON_KEY, ICON_LIGHT_MODE, ICON_PAYMENTS, ICON_PRINT, ICON_RECEIPT_LONG, ICON_SHOPPING_CART,
};
use protocol::StaffRole;
use protocol::message::staff::{StaffReply, StaffRequest, Topic};

use super::backend::Backend;
use super::list::{Generations, Live};
use super::screen::approvals::Approvals;
use super::screen::audit::Audit;
use super::screen::catalogue::Catalogue;
use super::screen::charges::Charges;
use super::screen::customers::Customers;
use super::screen::devices::Devices;
use super::screen::invoices::Invoices;
use super::screen::keys::Keys;
use super::screen::licences::Licences;
use super::screen::orders::Orders;
use super::screen::overview::Overview;
use super::screen::staff::Staff;
use super::screen::{Cx, Go, Screen};
use super::theme::{self, bold, palette, size};
use super::toast::Toasts;
use super::widgets::{Tone, chip_ui, icon_button_ui, named, problem_ui};
use super::words::Words;
use crate::cli::Lang;
use crate::client::{StaffError, WatchEvent};

/// The whole window.
pub struct Console {
    backend: Box<dyn Backend>,
    words: Words,
    toasts: Toasts,
    generations: Generations,
    link: LinkState,
    /// What the user is trusted with.
    role: Live<StaffRole>,
    /// The audit log is not what it was.
    alarm: Option<StaffError>,
    screen: Screen,
    overview: Overview,
    customers: Customers,
    devices: Devices,
    catalogue: Catalogue,
    orders: Orders,
    licences: Licences,
    charges: Charges,
    invoices: Invoices,
    approvals: Approvals,
    staff: Staff,
    keys: Keys,
    audit: Audit,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum LinkState {
    Trying,
    Live,
    Lost,
}

impl Console {
    /// A console on its first screen. Sets the fonts and styles of `ctx`.
    pub fn new(ctx: &egui::Context, backend: Box<dyn Backend>, lang: Lang) -> Self {
        theme::apply(ctx);
        Self {
            backend,
            words: Words::new(lang),
            toasts: Toasts::default(),
            generations: Generations::default(),
            link: LinkState::Trying,
            role: Live::default(),
            alarm: None,
            screen: Screen::Overview,
            overview: Overview::default(),
            customers: Customers::default(),
            devices: Devices::default(),
            catalogue: Catalogue::default(),
            orders: Orders::default(),
            licences: Licences::default(),
            charges: Charges::default(),
            invoices: Invoices::default(),
            approvals: Approvals::default(),
            staff: Staff::default(),
            keys: Keys::default(),
            audit: Audit::default(),
        }
    }

    fn take_events(&mut self) {
        while let Some(event) = self.backend.next_event() {
            match event {
                WatchEvent::Connected => {
                    self.link = LinkState::Live;
                    self.generations.all_changed();
                }
                WatchEvent::Changed(topics) => self.generations.changed(&topics),
                WatchEvent::Alarm(alarm) => self.alarm = Some(alarm),
                WatchEvent::Lost(_) => self.link = LinkState::Lost,
            }
        }
    }

    fn nav_ui(&mut self, ui: &mut Ui) {
        ui.add_space(size::GAP_SMALL);
        ui.horizontal(|ui| {
            ui.add_space(size::GAP_SMALL);
            ui.vertical(|ui| {
                ui.spacing_mut().item_spacing.y = 2.0;
                ui.label(RichText::new(self.words.msg_app_name()).font(bold(size::TEXT_TITLE)));
                let subtitle = RichText::new(self.words.msg_app_subtitle()).size(size::TEXT_SMALL);
                ui.label(subtitle.color(palette(ui).weak));
            });
        });
        ui.add_space(size::GAP_LARGE);
        for screen in Screen::ALL {
            let (icon, name) = entry(screen, &self.words);
            if nav_item_ui(ui, icon, &name, self.screen == screen) {
                self.screen = screen;
            }
        }
        ui.with_layout(Layout::bottom_up(Align::Min), |ui| {
            self.settings_ui(ui);
            ui.add_space(size::GAP_SMALL);
            self.server_ui(ui);
        });
    }

    fn settings_ui(&mut self, ui: &mut Ui) {
        ui.horizontal(|ui| {
            let is_dark = ui.visuals().dark_mode;
            let (icon, name, theme) = match is_dark {
                true => (ICON_LIGHT_MODE, self.words.msg_theme_light(), egui::Theme::Light),
                false => (ICON_DARK_MODE, self.words.msg_theme_dark(), egui::Theme::Dark),
            };
            let label = format!("{}: {name}", self.words.msg_theme_label());
            if icon_button_ui(ui, icon, &label).clicked() {
                ui.ctx().set_theme(theme);
            }
            for (lang, name) in [(Lang::Ja, "日本語"), (Lang::En, "English")] {
                let is_chosen = self.words.lang() == lang;
                let button = Button::new(RichText::new(name).size(size::TEXT_SMALL)).selected(is_chosen);
                if ui.add(button.frame_when_inactive(false)).clicked() && !is_chosen {
                    self.words = Words::new(lang);
                }
            }
        });
    }

    fn server_ui(&self, ui: &mut Ui) {
        let server = self.backend.server();
        let p = palette(ui);
        let small = |text: String| RichText::new(text).size(size::TEXT_SMALL).color(p.weak);
        let name = match self.role.value() {
            Some(role) => format!("{} ({})", server.staff, self.words.role(*role)),
            None => server.staff,
        };
        ui.add(egui::Label::new(small(self.words.msg_signed_in_as(name))).truncate());
        ui.add(egui::Label::new(small(server.host_port)).truncate());
        let (tone, text) = match self.link {
            LinkState::Trying => (Tone::Neutral, self.words.msg_connection_trying()),
            LinkState::Live => (Tone::Good, self.words.msg_connection_live()),
            LinkState::Lost => (Tone::Bad, self.words.msg_connection_lost()),
        };
        chip_ui(ui, tone, &text);
    }

    fn go(&mut self, go: Go) {
        match go {
            Go::To(screen) => self.screen = screen,
            Go::Order(row) => {
                self.screen = Screen::Orders;
                self.orders.open(*row);
            }
            Go::Ending => {
                self.screen = Screen::Licences;
                self.licences = Licences::ending();
            }
            Go::NewCustomer => {
                self.screen = Screen::Customers;
                self.customers.create();
            }
            Go::RegisterDevice => {
                self.screen = Screen::Devices;
                self.devices.register();
            }
            Go::NewOption => {
                self.screen = Screen::Catalogue;
                self.catalogue.create();
            }
        }
    }
}

impl eframe::App for Console {
    fn logic(&mut self, _ctx: &egui::Context, _frame: &mut eframe::Frame) {
        self.take_events();
    }

    fn ui(&mut self, ui: &mut Ui, _frame: &mut eframe::Frame) {
        let p = palette(ui);
        let frame = Frame::new().fill(p.nav).inner_margin(Margin::symmetric(10, 14));
        egui::Panel::left("nav")
            .resizable(false)
            .exact_size(size::NAV_WIDTH)
            .frame(frame)
            .show(ui, |ui| self.nav_ui(ui));
        let take = |reply| if let StaffReply::Whoami { role, .. } = reply { Some(role) } else { None };
        let generation = self.generations.of(Topic::Staff);
        self.role.sync(self.backend.as_ref(), StaffRequest::Whoami, generation, take);
        if let Some(alarm) = &self.alarm {
            let frame = Frame::new().fill(p.page).inner_margin(Margin::same(size::PANEL_MARGIN));
            egui::Panel::top("alarm").resizable(false).frame(frame).show(ui, |ui| problem_ui(ui, &self.words, alarm));
        }
        let mut go = None;
        let mut cx = Cx {
            backend: self.backend.as_ref(),
            words: &self.words,
            toasts: &mut self.toasts,
            generations: &self.generations,
            role: self.role.value().copied(),
            go: &mut go,
        };
        match self.screen {
            Screen::Overview => self.overview.ui(ui, &mut cx),
            Screen::Customers => self.customers.ui(ui, &mut cx),
            Screen::Devices => self.devices.ui(ui, &mut cx),
            Screen::Catalogue => self.catalogue.ui(ui, &mut cx),
            Screen::Orders => self.orders.ui(ui, &mut cx),
            Screen::Licences => self.licences.ui(ui, &mut cx),
            Screen::Charges => self.charges.ui(ui, &mut cx),
            Screen::Invoices => self.invoices.ui(ui, &mut cx),
            Screen::Approvals => self.approvals.ui(ui, &mut cx),
            Screen::Staff => self.staff.ui(ui, &mut cx),
            Screen::Keys => self.keys.ui(ui, &mut cx),
            Screen::Audit => self.audit.ui(ui, &mut cx),
        }
        self.toasts.show(ui.ctx(), &self.words);
        if let Some(go) = go {
            self.go(go);
            ui.ctx().request_repaint();
        }
    }
}

fn entry(screen: Screen, words: &Words) -> (MaterialIcon, String) {
    match screen {
        Screen::Overview => (ICON_DASHBOARD, words.msg_nav_overview()),
        Screen::Customers => (ICON_GROUP, words.msg_nav_customers()),
        Screen::Devices => (ICON_PRINT, words.msg_nav_devices()),
        Screen::Catalogue => (ICON_INVENTORY_2, words.msg_nav_catalogue()),
        Screen::Orders => (ICON_SHOPPING_CART, words.msg_nav_orders()),
        Screen::Licences => (ICON_KEY, words.msg_nav_licences()),
        Screen::Charges => (ICON_PAYMENTS, words.msg_nav_charges()),
        Screen::Invoices => (ICON_RECEIPT_LONG, words.msg_nav_invoices()),
        Screen::Approvals => (ICON_HOW_TO_REG, words.msg_nav_approvals()),
        Screen::Staff => (ICON_BADGE, words.msg_nav_staff()),
        Screen::Keys => (ICON_ENCRYPTED, words.msg_nav_keys()),
        Screen::Audit => (ICON_HISTORY, words.msg_nav_audit()),
    }
}

fn nav_item_ui(ui: &mut Ui, icon: MaterialIcon, name: &str, is_chosen: bool) -> bool {
    let p = palette(ui);
    let colour = if is_chosen { p.accent } else { p.weak };
    let text = RichText::new(name).color(if is_chosen { p.accent } else { p.text });
    let button = Button::selectable(is_chosen, (icon.rich_text().size(size::TEXT_ICON).color(colour), text))
        .min_size(egui::vec2(ui.available_width(), size::NAV_ITEM_HEIGHT));
    let response = ui.add(button);
    named(&response, name);
    response.clicked()
}
