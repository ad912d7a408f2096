//! The staff window, worked by the names of its controls as assistive software sees them, against a fake vendor.

#![allow(missing_docs, unreachable_pub, clippy::unwrap_used, clippy::panic, clippy::cast_possible_truncation)]

mod catalogue;
mod customers;
mod devices;
mod fake;
mod keys;
mod ledger;
mod licences;
mod live;
mod team;
mod window;

use egui::accesskit::Role;
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT, Queryable};
use vendor_console::cli::Lang;
use vendor_console::ui::Console;

use fake::FakeVendor;

/// The window at its usual size, in English.
pub fn open(vendor: &FakeVendor) -> Harness<'static, Console> {
    open_in(vendor, Lang::En)
}

pub fn open_in(vendor: &FakeVendor, lang: Lang) -> Harness<'static, Console> {
    let backend = Box::new(vendor.clone());
    let mut harness = Harness::builder()
        .with_size(egui::vec2(1280.0, 1000.0))
        .with_max_steps(12)
        .build_eframe(move |cc| Console::new(&cc.egui_ctx, backend, lang));
    harness.run();
    harness
}

/// What a test does with the window.
pub trait Hands {
    /// Clicks the control with this name; the one in the side panel, if the page has one of that name too.
    fn press(&mut self, name: &str);
    /// Clicks the control with this name that is on top of all others.
    fn press_topmost(&mut self, name: &str);
    /// Replaces the text of the field with this name.
    fn fill(&mut self, name: &str, text: &str);
    /// Whether a text is on the screen.
    fn shows(&self, text: &str) -> bool;
}

impl Hands for Harness<'_, Console> {
    fn press(&mut self, name: &str) {
        let control = self.query_all_by_label(name).find(|node| node.accesskit_node().role() != Role::Label);
        control.unwrap_or_else(|| panic!("no control {name}")).click();
        self.run();
    }

    fn press_topmost(&mut self, name: &str) {
        let control = self.query_all_by_label(name).rfind(|node| node.accesskit_node().role() != Role::Label);
        control.unwrap_or_else(|| panic!("no control {name}")).click();
        self.run();
    }

    fn fill(&mut self, name: &str, text: &str) {
        let field = self.get_by(|node| {
            matches!(node.role(), Role::TextInput | Role::MultilineTextInput | Role::PasswordInput)
                && node.label().as_deref() == Some(name)
        });
        field.focus();
        self.run();
        self.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::A);
        self.event(egui::Event::Text(text.to_owned()));
        self.run();
    }

    fn shows(&self, text: &str) -> bool {
        self.query_all_by_label_contains(text).next().is_some()
    }
}
