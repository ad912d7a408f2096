//! Orders and their deliveries, live.

use eframe::egui::{self, Ui};
use egui_material_icons::icons::ICON_SHOPPING_CART;
use protocol::OrderState;
use protocol::message::staff::{OrderRow, StaffReply, StaffRequest, Topic};

use super::{Cx, head_ui, page_ui, side_panel_ui};
use crate::ui::list::List;
use crate::ui::picker::CustomerPicker;
use crate::ui::table::{Cell, Head, Width, table_ui};
use crate::ui::theme::size;
use crate::ui::widgets::{Tone, bar_ui, chip_ui, empty_ui, panel_head_ui, search_ui, section_ui, value_ui, weak_ui};
use crate::ui::words::{Words, bytes};

/// How often a running transfer is looked at: the server tells of states, not of every byte.
const TRANSFER_LOOK: std::time::Duration = std::time::Duration::from_millis(500);

#[derive(Default)]
pub(crate) struct Orders {
    list: List<OrderRow>,
    open_only: bool,
    customer: CustomerPicker,
    panel: Option<OrderRow>,
    look: TransferLook,
}

/// When running transfers are looked at next.
#[derive(Default)]
pub(crate) struct TransferLook {
    next_s: Option<f64>,
}

impl TransferLook {
    /// True if it is time to ask again for `rows`; wakes the window when it will be.
    pub(crate) fn is_due(&mut self, ui: &Ui, rows: &[OrderRow]) -> bool {
        let is_sending = |row: &OrderRow| row.delivery.is_some_and(|delivery| delivery.sending_bytes.is_some());
        if !rows.iter().any(is_sending) {
            self.next_s = None;
            return false;
        }
        let now_s = ui.input(|input| input.time);
        let is_due = self.next_s.is_some_and(|next_s| now_s >= next_s);
        if is_due || self.next_s.is_none() {
            self.next_s = Some(now_s + TRANSFER_LOOK.as_secs_f64());
        }
        ui.ctx().request_repaint_after(TRANSFER_LOOK);
        is_due
    }
}

impl Orders {
    /// Opens the details of an order.
    pub(crate) fn open(&mut self, row: OrderRow) {
        self.panel = Some(row);
    }

    pub(crate) fn ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        if self.look.is_due(ui, self.list.rows()) {
            self.list.refresh();
        }
        let (customer, open_only) = (self.customer.id(), self.open_only);
        let request = |query| StaffRequest::Orders { query, customer, open_only };
        let take = |reply| if let StaffReply::Orders(page) = reply { Some(page) } else { None };
        self.list.sync(cx.backend, cx.generations.of(Topic::Orders), request, take);
        if let Some(row) = &mut self.panel {
            if let Some(fresh) = self.list.rows().iter().find(|fresh| fresh.order == row.order) {
                *row = fresh.clone();
            }
            if side_panel_ui(ui, "order", |ui| panel_ui(ui, row, cx.words)) {
                self.panel = None;
            }
        }
        page_ui(ui, |ui| self.list_ui(ui, cx));
    }

    fn list_ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        let words = cx.words;
        head_ui(ui, &words.msg_nav_orders(), |ui| self.list.pager_ui(ui, words), |_| ());
        ui.horizontal_wrapped(|ui| {
            search_ui(ui, words, &mut self.list.search);
            let (label, anyone) = (words.msg_customer(), words.msg_customer_anyone());
            self.customer.ui(ui, cx, &label, &anyone, size::FILTER_WIDTH);
            ui.checkbox(&mut self.open_only, words.msg_orders_open_only());
        });
        ui.add_space(size::GAP);
        self.list.problem_ui(ui, words);
        if self.list.is_loading_ui(ui, words) {
            return;
        }
        let rows = self.list.rows();
        if rows.is_empty() {
            let is_filtered = self.list.is_searching() || self.customer.id().is_some();
            let (title, advice) = match (is_filtered, self.open_only) {
                (true, _) => (words.msg_nothing_found(), words.msg_nothing_found_advice()),
                (false, true) => (words.msg_orders_none_open(), words.msg_orders_none_open_advice()),
                (false, false) => (words.msg_orders_empty(), words.msg_orders_empty_advice()),
            };
            empty_ui(ui, ICON_SHOPPING_CART, &title, &advice);
            return;
        }
        let open = self.panel.as_ref().map(|row| row.order);
        let selected = rows.iter().position(|row| Some(row.order) == open);
        let clicked = table_ui(ui, "orders", &heads(words), rows.len(), selected, |i| cells(&rows[i], words));
        if let Some(row) = clicked.and_then(|i| rows.get(i)) {
            self.panel = Some(row.clone());
        }
    }
}

pub(crate) fn heads(words: &Words) -> [Head; 7] {
    [
        Head::text(words.msg_order_time(), Width::Fixed(size::TIME_WIDTH)),
        Head::text(words.msg_order_option(), Width::Rest(120.0)),
        Head::text(words.msg_order_device(), Width::Rest(120.0)),
        Head::text(words.msg_order_customer(), Width::Rest(112.0)).secondary(),
        Head::text(words.msg_order_state(), Width::Fixed(104.0)),
        Head::text(words.msg_order_delivery(), Width::Fixed(112.0)).secondary(),
        Head::number(words.msg_order_price(), 96.0).secondary(),
    ]
}

pub(crate) fn cells(row: &OrderRow, words: &Words) -> Vec<Cell> {
    vec![
        Cell::Open(words.time(row.created_at)),
        Cell::Text(option_name(row, words)),
        Cell::Text(row.device.to_string()),
        row.customer
            .as_ref()
            .map_or_else(|| Cell::Weak(words.msg_none()), |customer| Cell::Text(customer.name.to_string())),
        Cell::Chip(tone(row.state), words.order_state(row.state)),
        delivery(row, words),
        row.price.map_or_else(|| Cell::Weak("-".to_owned()), |price| Cell::Text(price.to_string())),
    ]
}

fn option_name(row: &OrderRow, words: &Words) -> String {
    row.option_name.as_ref().map_or_else(|| row.option.to_string(), |name| words.pick(name).to_string())
}

fn tone(state: OrderState) -> Tone {
    match state {
        OrderState::Authorised | OrderState::Sent | OrderState::Received => Tone::Busy,
        OrderState::Delivered => Tone::Warn,
        OrderState::Licensed => Tone::Good,
        OrderState::Refused(_) | OrderState::Failed(_) => Tone::Bad,
        OrderState::Cancelled | OrderState::Expired => Tone::Neutral,
    }
}

/// What is known of the transfer, in a cell.
fn delivery(row: &OrderRow, words: &Words) -> Cell {
    let Some(delivery) = row.delivery else { return Cell::Weak("-".to_owned()) };
    match (delivery.sending_bytes, row.state) {
        (Some(sent), _) => Cell::Bar(sent, delivery.total_bytes, bytes(sent)),
        (None, OrderState::Authorised) => Cell::Weak(words.msg_delivery_waiting()),
        (None, OrderState::Sent | OrderState::Received | OrderState::Delivered | OrderState::Licensed) => {
            Cell::Weak(words.msg_delivery_done())
        }
        (None, _) => Cell::Weak("-".to_owned()),
    }
}

/// True if the panel is to be closed.
fn panel_ui(ui: &mut Ui, row: &OrderRow, words: &Words) -> bool {
    let close = panel_head_ui(ui, words, &option_name(row, words));
    chip_ui(ui, tone(row.state), &words.order_state(row.state));
    ui.add_space(size::GAP_SMALL);
    match row.state {
        OrderState::Refused(code) => {
            let (sentence, advice) = words.refusal(code);
            ui.add(egui::Label::new(sentence).wrap());
            weak_ui(ui, advice);
            weak_ui(ui, code.code());
        }
        OrderState::Failed(code) => {
            ui.add(egui::Label::new(words.failure(code)).wrap());
        }
        _ => {}
    }
    ui.add_space(size::GAP);
    value_ui(ui, &words.msg_order_number(), &row.order.to_string());
    value_ui(ui, &words.msg_order_device(), row.device.as_str());
    let customer = row.customer.as_ref().map(|customer| format!("{} {}", customer.id, customer.name));
    value_ui(ui, &words.msg_order_customer(), &customer.unwrap_or_else(|| words.msg_none()));
    value_ui(ui, &words.msg_option_id(), row.option.as_str());
    if let Some(form) = row.form {
        value_ui(ui, &words.msg_order_form(), &words.form(form));
    }
    if let Some(price) = row.price {
        value_ui(ui, &words.msg_order_price(), &price.to_string());
    }
    value_ui(ui, &words.msg_order_time(), &words.time(row.created_at));
    value_ui(ui, &words.msg_order_updated(), &words.time(row.updated_at));
    if let Some(delivery) = row.delivery {
        ui.add_space(size::GAP);
        section_ui(ui, &words.msg_order_delivery());
        value_ui(ui, &words.msg_order_package(), &bytes(delivery.total_bytes));
        value_ui(ui, &words.msg_order_attempts(), &delivery.failed_attempts.to_string());
        if let Some(code) = delivery.last_failure {
            value_ui(ui, &words.msg_order_last_failure(), &words.failure(code));
        }
        if let Some(sent) = delivery.sending_bytes {
            weak_ui(ui, words.msg_publishing(bytes(sent), bytes(delivery.total_bytes)));
            bar_ui(ui, sent, delivery.total_bytes, ui.available_width());
        }
    }
    close
}
