//! What the window remembers between frames: text being typed and what was tapped, never anything of the device.

use protocol::{ActivationCode, CaFingerprint, DeviceSerial, LicenceId, OptionId, Text};

use zeroize::Zeroizing;

use super::texts::Texts;
use crate::core::{Command, EnrolForm, JobKind, Screen, SettingWish, View};
use crate::program::{Control, Setting};

/// Everything that a screen needs to draw itself.
pub(super) struct Cx<'a> {
    pub(super) texts: &'a Texts,
    pub(super) view: &'a View,
    pub(super) state: &'a mut State,
    pub(super) commands: &'a mut Vec<Command>,
}

impl Cx<'_> {
    /// Tells the device what the user wants.
    pub(super) fn send(&mut self, command: Command) {
        self.commands.push(command);
    }
}

/// Unfinished input, by screen. Not `Debug`: a contract user ID or an activation code has no place in a log.
#[derive(Default)]
pub(super) struct State {
    pub(super) store: Search,
    pub(super) contract: ContractFields,
    /// The licence whose removal waits for a yes.
    pub(super) removing: Option<LicenceId>,
    pub(super) enrol: EnrolFields,
    pub(super) job: JobChoice,
}

/// The contract user ID and its PIN so far.
#[derive(Default)]
pub(super) struct ContractFields {
    pub(super) digits: Zeroizing<String>,
    pub(super) pin: Zeroizing<String>,
    /// Which of them the keypad fills.
    pub(super) on_pin: bool,
}

impl ContractFields {
    pub(super) fn focused(&mut self) -> &mut String {
        if self.on_pin { &mut self.pin } else { &mut self.digits }
    }
}

/// The search field of the store.
#[derive(Default)]
pub(super) struct Search {
    pub(super) text: String,
    pub(super) keyboard: bool,
}

/// What a job will work on and with.
#[derive(Default)]
pub(super) struct JobChoice {
    pub(super) kind: Option<JobKind>,
    pub(super) document: Option<String>,
    /// In the order in which they work.
    pub(super) picks: Vec<Pick>,
    pub(super) face: Option<String>,
    pub(super) split: bool,
    pub(super) png: bool,
    pub(super) unfolded: Unfolded,
    /// The setting that is being typed.
    pub(super) typing: Option<String>,
}

/// An option that a job will use.
pub(super) struct Pick {
    pub(super) option: OptionId,
    pub(super) settings: Vec<SettingWish>,
}

/// What covers the job screen.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) enum Unfolded {
    #[default]
    Nothing,
    /// What can be set for an option.
    Settings(OptionId),
    /// The faces of a print job.
    Faces,
}

impl State {
    /// Forgets what belongs to screens that the user has left.
    pub(super) fn follow(&mut self, view: &View) {
        // A refused number comes back to be corrected, so it survives the screens in between.
        if !matches!(view.screen, Screen::ContractId { .. } | Screen::Requesting { .. }) {
            self.contract = ContractFields::default();
        }
        // A PIN is typed anew each time.
        if matches!(view.screen, Screen::Requesting { .. }) {
            self.contract.pin.clear();
            self.contract.on_pin = false;
        }
        let removing = matches!(view.screen, Screen::MyOptions { .. })
            && view.installed.iter().any(|option| Some(option.licence) == self.removing);
        if !removing {
            self.removing = None;
        }
        // The store keeps its search while an offer is looked at.
        if matches!(view.screen, Screen::Home) {
            self.store = Search::default();
        }
        match &view.screen {
            Screen::ServerAddress { .. } => self.enrol.begin(view),
            _ => self.enrol = EnrolFields::default(),
        }
        match &view.screen {
            // A job that waits for a purchase finds its document and option again.
            Screen::Job(job) => self.job.follow(job.kind, job.documents.iter().map(|document| document.name.as_str())),
            Screen::Home => self.job = JobChoice::default(),
            _ => {}
        }
    }
}

impl JobChoice {
    fn follow<'a>(&mut self, kind: JobKind, mut documents: impl Iterator<Item = &'a str> + Clone) {
        if self.kind != Some(kind) {
            *self = Self { kind: Some(kind), ..Self::default() };
        }
        let there = documents.clone().any(|name| Some(name) == self.document.as_deref());
        if !there {
            self.document = documents.next().map(str::to_owned);
        }
    }

    /// Takes an option, as the last of at most `max`, or gives it back.
    pub(super) fn toggle(&mut self, option: &OptionId, max: usize) {
        let before = self.picks.len();
        self.picks.retain(|pick| pick.option != *option);
        if self.picks.len() == before && before < max {
            self.picks.push(Pick { option: option.clone(), settings: Vec::new() });
        }
    }

    /// What is set, as a script would write it.
    pub(super) fn value(&self, option: &OptionId, setting: &Setting) -> String {
        let pick = self.picks.iter().find(|pick| pick.option == *option);
        let set = pick.and_then(|pick| pick.settings.iter().find(|set| set.id == setting.id));
        set.map_or_else(|| initial(&setting.control), |set| set.value.clone())
    }

    pub(super) fn set(&mut self, option: &OptionId, id: &str, value: String) {
        let Some(pick) = self.picks.iter_mut().find(|pick| pick.option == *option) else { return };
        pick.settings.retain(|set| set.id != id);
        pick.settings.push(SettingWish { id: id.to_owned(), value });
    }
}

fn initial(control: &Control) -> String {
    match control {
        Control::Toggle { initial } => (if *initial { "on" } else { "off" }).to_owned(),
        Control::Choice { initial, .. } => (u64::from(*initial) + 1).to_string(),
        Control::Number { initial, .. } => initial.to_string(),
        Control::Text { initial, .. } => initial.clone(),
    }
}

/// The four values of the server address screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum EnrolField {
    Vendor,
    Fingerprint,
    Serial,
    Code,
}

impl EnrolField {
    pub(super) const ALL: [Self; 4] = [Self::Vendor, Self::Fingerprint, Self::Serial, Self::Code];

    /// The one after it.
    pub(super) fn next(self) -> Option<Self> {
        Self::ALL.into_iter().skip_while(|field| *field != self).nth(1)
    }
}

/// What has been typed on the server address screen.
#[derive(Default)]
pub(super) struct EnrolFields {
    begun: bool,
    values: [String; 4],
    /// Left once, so an error in it may be told.
    visited: [bool; 4],
    /// The field that is being typed.
    pub(super) open: Option<EnrolField>,
}

impl EnrolFields {
    fn begin(&mut self, view: &View) {
        if self.begun {
            return;
        }
        self.begun = true;
        let known = [
            view.vendor.clone(),
            view.ca_fingerprint.clone(),
            view.serial.as_ref().map(ToString::to_string),
            None, // a code works once
        ];
        self.values = known.map(Option::unwrap_or_default);
    }

    pub(super) fn value(&self, field: EnrolField) -> &str {
        &self.values[field as usize]
    }

    pub(super) fn value_mut(&mut self, field: EnrolField) -> &mut String {
        &mut self.values[field as usize]
    }

    /// Ends the typing of the open field and opens another one, if any.
    pub(super) fn go_on(&mut self, to: Option<EnrolField>) {
        if let Some(open) = self.open {
            self.visited[open as usize] = true;
        }
        self.open = to;
    }

    /// Whether the field was left with something that cannot be right.
    pub(super) fn is_wrong(&self, field: EnrolField) -> bool {
        let value = self.value(field);
        self.visited[field as usize] && !value.is_empty() && !Self::fits(field, value)
    }

    /// Whether the text has the form of the field.
    pub(super) fn fits(field: EnrolField, value: &str) -> bool {
        match field {
            EnrolField::Vendor => vendor_address(value).is_some(),
            EnrolField::Fingerprint => value.parse::<CaFingerprint>().is_ok(),
            EnrolField::Serial => value.parse::<DeviceSerial>().is_ok(),
            EnrolField::Code => value.parse::<ActivationCode>().is_ok(),
        }
    }

    /// The form, once every field is right.
    pub(super) fn form(&self) -> Option<EnrolForm> {
        Some(EnrolForm {
            vendor: vendor_address(self.value(EnrolField::Vendor))?,
            ca_fingerprint: self.value(EnrolField::Fingerprint).parse().ok()?,
            serial: self.value(EnrolField::Serial).parse().ok()?,
            code: self.value(EnrolField::Code).parse().ok()?,
        })
    }
}

/// `HOST:PORT` with a host of letters, digits, dots and hyphens or an IPv6 address in brackets, and a port from 1.
fn vendor_address(text: &str) -> Option<Text<120>> {
    let (host, port) = text.rsplit_once(':')?;
    let named = !host.is_empty() && host.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'.' || b == b'-');
    let numbered = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    let known = named || numbered.is_some_and(|address| address.parse::<std::net::Ipv6Addr>().is_ok());
    let digits = !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit());
    let port_fits = digits && port.parse::<u16>().is_ok_and(|port| port > 0);
    if known && port_fits { Text::new(text).ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_vendor_address_is_a_host_and_a_port() {
        for good in ["vendor.example.com:4433", "192.168.0.5:1", "[::1]:65535", "a:443"] {
            assert!(vendor_address(good).is_some(), "{good}");
        }
        for bad in
            ["", "vendor", ":443", "vendor:", "vendor:0", "vendor:65536", "ven dor:1", "::1:443", "[x]:1", "a:+1"]
        {
            assert!(vendor_address(bad).is_none(), "{bad}");
        }
    }
}
