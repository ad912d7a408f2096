//! Choosing a customer out of many: a drop-down with a search that the server answers.

use eframe::egui::{self, Ui};
use protocol::CustomerId;
use protocol::message::staff::{CustomerRef, CustomerRow, StaffReply, StaffRequest, Topic};

use super::list::List;
use super::screen::Cx;
use super::theme::size;
use super::widgets::{named, search_ui, weak_ui};

/// A choice of one customer or none.
#[derive(Default)]
pub(crate) struct CustomerPicker {
    chosen: Option<CustomerRef>,
    list: List<CustomerRow>,
}

impl CustomerPicker {
    pub(crate) fn new(chosen: Option<CustomerRef>) -> Self {
        Self { chosen, list: List::default() }
    }

    pub(crate) fn id(&self) -> Option<CustomerId> {
        self.chosen.as_ref().map(|customer| customer.id)
    }

    /// Draws the drop-down called `label`; `nobody` is what no choice means.
    pub(crate) fn ui(&mut self, ui: &mut Ui, cx: &Cx<'_>, label: &str, nobody: &str, width: f32) -> egui::Response {
        let words = cx.words;
        let shown = self.chosen.as_ref().map_or_else(|| nobody.to_owned(), line);
        let combo = egui::ComboBox::from_id_salt(label)
            .selected_text(shown)
            .width(width)
            .truncate()
            .close_behavior(egui::PopupCloseBehavior::CloseOnClickOutside);
        let inner = combo.show_ui(ui, |ui| {
            let take = |reply| if let StaffReply::Customers(page) = reply { Some(page) } else { None };
            self.list.sync(cx.backend, cx.generations.of(Topic::Customers), StaffRequest::Customers, take);
            ui.set_min_width(size::SEARCH_WIDTH);
            let search = search_ui(ui, words, &mut self.list.search);
            named(&search, &words.msg_customer_find());
            ui.add_space(size::GAP_SMALL);
            let mut picked = None;
            if ui.selectable_label(self.chosen.is_none(), nobody).clicked() {
                picked = Some(None);
            }
            for row in self.list.rows() {
                let customer = CustomerRef { id: row.id, name: row.fields.name.clone() };
                let is_chosen = self.chosen.as_ref().is_some_and(|chosen| chosen.id == row.id);
                if ui.selectable_label(is_chosen, line(&customer)).clicked() {
                    picked = Some(Some(customer));
                }
            }
            if self.list.total() == Some(0) {
                weak_ui(ui, words.msg_nothing_found());
            }
            picked
        });
        if let Some(picked) = inner.inner.flatten() {
            self.chosen = picked;
            self.list.search.clear();
            egui::Popup::close_all(ui.ctx());
        }
        named(&inner.response, label);
        inner.response
    }
}

fn line(customer: &CustomerRef) -> String {
    format!("{}  {}", customer.id, customer.name)
}
