//! Customers: who pays, and the contract user IDs that are typed at panels.

use eframe::egui::{self, RichText, Ui};
use egui_material_icons::icons::ICON_GROUP;
use protocol::message::staff::{ContractRow, CustomerFields, CustomerRow, Settlement, StaffReply, StaffRequest, Topic};
use protocol::staff_role::Action as Task;
use protocol::{ContractPin, ContractUserId};
use zeroize::Zeroizing;

use super::{Cx, head_ui, page_ui, side_panel_ui};
use crate::ui::form::{self, Action, Checks};
use crate::ui::list::List;
use crate::ui::table::{Cell, Head, Width, table_ui};
use crate::ui::theme::{palette, size};
use crate::ui::widgets::{
    Tone, button_ui, chip_ui, divider_ui, empty_ui, field_ui, is_entered, labelled_ui, named, panel_head_ui,
    problem_ui, search_ui, secret_field_ui, section_ui, value_ui, weak_ui,
};
use crate::ui::words::Words;

#[derive(Default)]
pub(crate) struct Customers {
    list: List<CustomerRow>,
    panel: Option<Panel>,
}

/// A customer that is entered or edited.
struct Panel {
    /// As the server knows it; `None` while it is new.
    row: Option<CustomerRow>,
    name: String,
    email: String,
    settlement: Settlement,
    /// Of the row that the fields were filled from.
    loaded: Option<u32>,
    checks: Checks,
    save: Action,
    suspend: Action,
    contracts: Action,
    /// Whether the running change of contracts is a new one.
    is_adding: bool,
    /// The contract whose PIN is typed.
    pin: Option<PinEntry>,
}

struct PinEntry {
    contract: ContractUserId,
    typed: Zeroizing<String>,
}

impl Panel {
    fn new(row: Option<CustomerRow>) -> Self {
        let fields = row.as_ref().map(|row| &row.fields);
        Self {
            name: fields.map_or_else(String::new, |fields| fields.name.to_string()),
            email: fields.and_then(|fields| fields.email.as_ref()).map_or_else(String::new, ToString::to_string),
            settlement: fields.map_or(Settlement::Monthly, |fields| fields.settlement),
            loaded: row.as_ref().map(|row| row.revision),
            row,
            checks: Checks::default(),
            save: Action::default(),
            suspend: Action::default(),
            contracts: Action::default(),
            is_adding: false,
            pin: None,
        }
    }
}

impl Customers {
    /// Opens the form for a new customer.
    pub(crate) fn create(&mut self) {
        self.panel = Some(Panel::new(None));
    }

    pub(crate) fn ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        let take = |reply| if let StaffReply::Customers(page) = reply { Some(page) } else { None };
        let generation = cx.generations.sum(&[Topic::Customers, Topic::Charges]);
        self.list.sync(cx.backend, generation, StaffRequest::Customers, take);
        if let Some(panel) = &mut self.panel {
            if let Some(id) = panel.row.as_ref().map(|row| row.id)
                && let Some(fresh) = self.list.rows().iter().find(|row| row.id == id)
            {
                panel.row = Some(fresh.clone());
            }
            if side_panel_ui(ui, "customer", |ui| panel_ui(ui, panel, cx)) {
                self.panel = None;
            }
        }
        page_ui(ui, |ui| self.list_ui(ui, cx));
    }

    fn list_ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        let words = cx.words;
        let is_new = head_ui(
            ui,
            &words.msg_nav_customers(),
            |ui| self.list.pager_ui(ui, words),
            |ui| cx.primary_ui(ui, Task::CreateCustomer, true, &words.msg_customer_new()).clicked(),
        );
        if is_new {
            self.create();
        }
        search_ui(ui, words, &mut self.list.search);
        ui.add_space(size::GAP);
        self.list.problem_ui(ui, words);
        if self.list.is_loading_ui(ui, words) {
            return;
        }
        if self.list.rows().is_empty() {
            match self.list.is_searching() {
                true => empty_ui(ui, ICON_GROUP, &words.msg_nothing_found(), &words.msg_nothing_found_advice()),
                false => empty_ui(ui, ICON_GROUP, &words.msg_customers_empty(), &words.msg_customers_empty_advice()),
            }
            return;
        }
        let rows = self.list.rows();
        let open = self.panel.as_ref().and_then(|panel| panel.row.as_ref()).map(|row| row.id);
        let selected = rows.iter().position(|row| Some(row.id) == open);
        let clicked = table_ui(ui, "customers", &heads(words), rows.len(), selected, |i| cells(&rows[i], words));
        if let Some(row) = clicked.and_then(|i| rows.get(i)) {
            self.panel = Some(Panel::new(Some(row.clone())));
        }
    }
}

fn heads(words: &Words) -> [Head; 6] {
    [
        Head::text(words.msg_customer_number(), Width::Fixed(84.0)),
        Head::text(words.msg_customer_name(), Width::Rest(150.0)),
        Head::text(words.msg_customer_settlement(), Width::Fixed(104.0)).secondary(),
        Head::number(words.msg_customer_devices(), 80.0).secondary(),
        Head::number(words.msg_customer_uninvoiced(), 116.0),
        Head::text(words.msg_customer_state(), Width::Fixed(104.0)),
    ]
}

fn cells(row: &CustomerRow, words: &Words) -> Vec<Cell> {
    let state = match row.suspended {
        true => Cell::Chip(Tone::Bad, words.msg_customer_suspended()),
        false => Cell::Chip(Tone::Good, words.msg_customer_active()),
    };
    vec![
        Cell::Open(row.id.to_string()),
        Cell::Text(row.fields.name.to_string()),
        Cell::Weak(words.settlement(row.fields.settlement)),
        Cell::Text(row.devices.to_string()),
        Cell::Text(row.uninvoiced.to_string()),
        state,
    ]
}

/// True if the panel is to be closed.
fn panel_ui(ui: &mut Ui, panel: &mut Panel, cx: &mut Cx<'_>) -> bool {
    let words = cx.words;
    take_outcome(panel, cx);
    let title = panel.row.as_ref().map_or_else(|| words.msg_customer_new(), |row| row.id.to_string());
    let close = panel_head_ui(ui, words, &title);
    if panel.row.as_ref().is_some_and(|row| row.suspended) {
        chip_ui(ui, Tone::Bad, &words.msg_customer_suspended());
        ui.add_space(size::GAP_SMALL);
    }
    if panel.save.problem_ui(ui, words, panel.loaded, panel.row.as_ref().map(|row| row.revision)) {
        *panel = Panel::new(panel.row.take());
    }
    if let Some(error) = panel.suspend.error() {
        problem_ui(ui, words, error);
    }
    let name = form::text(words, &panel.name);
    let email = form::optional_text(words, &panel.email);
    let shown = (panel.checks.shown(&name), panel.checks.shown(&email));
    let field = field_ui(ui, &words.msg_customer_name(), &mut panel.name, "", shown.0.as_deref());
    let mut is_entered_in_any = is_entered(&field);
    let hint = words.msg_customer_email_hint();
    let field = field_ui(ui, &words.msg_customer_email(), &mut panel.email, &hint, shown.1.as_deref());
    is_entered_in_any |= is_entered(&field);
    labelled_ui(ui, &words.msg_customer_settlement(), None, |ui| {
        ui.horizontal(|ui| {
            ui.radio_value(&mut panel.settlement, Settlement::Monthly, words.msg_settlement_monthly());
            ui.add_space(size::GAP);
            ui.radio_value(&mut panel.settlement, Settlement::OnDemand, words.msg_settlement_on_demand());
        })
        .response
    });
    let label = if panel.row.is_some() { words.msg_save() } else { words.msg_create() };
    let is_idle = !panel.save.is_running();
    let task = if panel.row.is_some() { Task::UpdateCustomer } else { Task::CreateCustomer };
    if cx.primary_ui(ui, task, is_idle, &label).clicked() || (is_idle && is_entered_in_any) {
        panel.checks.tried();
        if let (Ok(name), Ok(email)) = (name, email) {
            let fields = CustomerFields { name, email, settlement: panel.settlement };
            let request = match &panel.row {
                Some(row) => {
                    let revision = panel.loaded.unwrap_or(row.revision);
                    StaffRequest::UpdateCustomer { customer: row.id, revision, fields }
                }
                None => StaffRequest::CreateCustomer(fields),
            };
            panel.save.start(cx.backend, request);
        }
    }
    if let Some(row) = &panel.row {
        divider_ui(ui);
        if let Some(request) = contracts_ui(ui, row, &panel.contracts, &mut panel.pin, cx) {
            panel.is_adding = matches!(request, StaffRequest::AddContract { .. });
            panel.contracts.start(cx.backend, request);
        }
        divider_ui(ui);
        value_ui(ui, &words.msg_customer_devices(), &row.devices.to_string());
        value_ui(ui, &words.msg_customer_uninvoiced(), &row.uninvoiced.to_string());
        value_ui(ui, &words.msg_customer_since(), &words.time(row.created_at));
        ui.add_space(size::GAP);
        let is_idle = !panel.suspend.is_running();
        let clicked = match row.suspended {
            true => cx.button_ui(ui, Task::SuspendCustomer, is_idle, &words.msg_customer_resume()).clicked(),
            false => cx.danger_ui(ui, Task::SuspendCustomer, is_idle, &words.msg_customer_suspend()).clicked(),
        };
        if clicked {
            let request = StaffRequest::SuspendCustomer { customer: row.id, suspended: !row.suspended };
            panel.suspend.start(cx.backend, request);
        }
    }
    close
}

fn take_outcome(panel: &mut Panel, cx: &mut Cx<'_>) {
    match panel.save.poll() {
        Some(StaffReply::Customer(row)) => {
            let words = cx.words;
            cx.toasts.good(match panel.row {
                None => words.msg_customer_created(row.fields.name.as_str()),
                Some(_) => words.msg_saved(),
            });
            *panel = Panel::new(Some(row));
        }
        Some(_) => panel.save.wrong_answer(),
        None => {}
    }
    match panel.suspend.poll() {
        Some(StaffReply::Customer(row)) => {
            cx.toasts.good(cx.words.msg_saved());
            panel.row = Some(row);
        }
        Some(_) => panel.suspend.wrong_answer(),
        None => {}
    }
    match panel.contracts.poll() {
        Some(StaffReply::Customer(row)) => {
            let words = cx.words;
            cx.toasts.good(if panel.is_adding { words.msg_contract_added() } else { words.msg_saved() });
            panel.row = Some(row);
            panel.pin = None;
        }
        Some(_) => panel.contracts.wrong_answer(),
        None => {}
    }
}

/// The contracts, and what is to be done with one of them.
fn contracts_ui(
    ui: &mut Ui,
    row: &CustomerRow,
    action: &Action,
    pin: &mut Option<PinEntry>,
    cx: &Cx<'_>,
) -> Option<StaffRequest> {
    let words = cx.words;
    section_ui(ui, &words.msg_customer_contracts());
    weak_ui(ui, words.msg_customer_contracts_advice());
    ui.add_space(size::GAP_SMALL);
    if let Some(error) = action.error() {
        problem_ui(ui, words, error);
    }
    let mut request = None;
    for contract in &row.contracts {
        request = contract_ui(ui, contract, action.is_running(), pin, cx).or(request);
        if let Some(entry) = pin.as_mut().filter(|entry| entry.contract == contract.id) {
            let said = pin_ui(ui, entry, contract.has_pin, action.is_running(), cx);
            if let Some(PinSaid::Cancel) = said {
                *pin = None;
            }
            if let Some(PinSaid::Set(set)) = said {
                request = Some(StaffRequest::SetContractPin { contract: contract.id.clone(), pin: set });
            }
        }
    }
    if cx.button_ui(ui, Task::AddContract, !action.is_running(), &words.msg_contract_add()).clicked() {
        request = Some(StaffRequest::AddContract { customer: row.id });
    }
    request
}

enum PinSaid {
    Set(Option<ContractPin>),
    Cancel,
}

/// The field for a contract's PIN.
fn pin_ui(ui: &mut Ui, entry: &mut PinEntry, has_pin: bool, is_busy: bool, cx: &Cx<'_>) -> Option<PinSaid> {
    let words = cx.words;
    let parsed = entry.typed.parse::<ContractPin>().ok();
    let error = (!entry.typed.is_empty() && parsed.is_none()).then(|| words.msg_contract_pin_wrong());
    let field = secret_field_ui(ui, &words.msg_contract_pin_new(), &mut entry.typed, error.as_deref());
    weak_ui(ui, words.msg_contract_pin_advice());
    let mut said = None;
    ui.horizontal_wrapped(|ui| {
        let set = cx
            .primary_ui(ui, Task::SetContractPin, !is_busy && parsed.is_some(), &words.msg_contract_pin_set())
            .clicked();
        if let Some(pin) = parsed.filter(|_| set || (!is_busy && is_entered(&field))) {
            said = Some(PinSaid::Set(Some(pin)));
        }
        if has_pin && cx.button_ui(ui, Task::SetContractPin, !is_busy, &words.msg_contract_pin_clear()).clicked() {
            said = Some(PinSaid::Set(None));
        }
        if button_ui(ui, true, &words.msg_cancel()).clicked() {
            said = Some(PinSaid::Cancel);
        }
    });
    ui.add_space(size::GAP);
    said
}

fn contract_ui(
    ui: &mut Ui,
    contract: &ContractRow,
    is_busy: bool,
    pin: &mut Option<PinEntry>,
    cx: &Cx<'_>,
) -> Option<StaffRequest> {
    let words = cx.words;
    ui.horizontal(|ui| {
        let id = contract.id.grouped();
        let colour = if contract.active { palette(ui).text } else { palette(ui).weak };
        ui.add(egui::Label::new(RichText::new(&id).monospace().color(colour)).selectable(true));
        if !contract.active {
            chip_ui(ui, Tone::Neutral, &words.msg_contract_ended());
        }
        if contract.has_pin {
            chip_ui(ui, Tone::Good, &words.msg_contract_pin());
        }
        let clicked = ui
            .with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                let (text, name) = match contract.active {
                    true => (words.msg_contract_end(), words.msg_contract_end_label(&id)),
                    false => (words.msg_contract_resume(), words.msg_contract_resume_label(&id)),
                };
                let response = cx.button_ui(ui, Task::SetContract, !is_busy, &text);
                named(&response, &name);
                let change = button_ui(ui, !is_busy, &words.msg_contract_pin());
                named(&change, &words.msg_contract_pin_label(&id));
                if change.clicked() {
                    *pin = Some(PinEntry { contract: contract.id.clone(), typed: Zeroizing::default() });
                }
                response.clicked()
            })
            .inner;
        clicked.then(|| StaffRequest::SetContract { contract: contract.id.clone(), active: !contract.active })
    })
    .inner
}
