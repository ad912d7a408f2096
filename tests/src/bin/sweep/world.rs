//! A vendor and one device, whose program is the real one.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use e2e::invariants::{at_rest, living};
use e2e::{OptionSpec, Vendor};
use panel_app::core::Loaded;
use panel_app::data::Device;
use protocol::package::OptionKind;

/// What is bought, used and erased.
pub(crate) const OPTION: &str = "ocr-package";
/// The device.
pub(crate) const SERIAL: &str = "SWEEP-0";
const RULES: &[u8] = b"format = \"kobai-rules/1\"\nname = \"Zero\"\n[[map]]\nfrom = \"O\"\nto = \"0\"\n";

pub(crate) struct World {
    pub(crate) vendor: Vendor,
    folder: tempfile::TempDir,
    programs: PathBuf,
    /// The device's data folder.
    pub(crate) data: PathBuf,
    /// Grows with each point.
    pub(crate) point: u32,
    /// Uses left before the traced command.
    pub(crate) uses_before: u32,
}

impl World {
    /// An enrolled device of a customer.
    pub(crate) fn new(programs: &Path) -> Self {
        let vendor = Vendor::start();
        let offers = [("permanent", 20_000), ("uses:1", 200), ("uses:5000", 9_000)];
        vendor.publish(&OptionSpec { id: OPTION, kind: OptionKind::Program, offers: &offers, content: RULES });
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("device");
        let world = Self { vendor, folder, programs: programs.to_owned(), data, point: 0, uses_before: 0 };
        let customer = world.vendor.customer("青空設計");
        let code = world.vendor.register(SERIAL, Some(&customer)).to_string();
        world.must(&world.enrol(SERIAL, &code)).unwrap();
        std::fs::write(world.path("letter.txt"), "1OO").unwrap();
        world
    }

    /// A path beside the device's folder.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Where the result of this point belongs.
    pub(crate) fn result(&self) -> PathBuf {
        self.path(&format!("result-{}", self.point))
    }

    pub(crate) fn program(&self, name: &str) -> String {
        text(&self.programs.join(name))
    }

    /// A command of the panel.
    pub(crate) fn panel(&self, args: &[&str]) -> Vec<String> {
        let mut command = vec![self.program("panel-app"), "--data".to_owned(), text(&self.data)];
        command.extend(args.iter().map(|arg| (*arg).to_owned()));
        command
    }

    pub(crate) fn enrol(&self, serial: &str, code: &str) -> Vec<String> {
        let (vendor, ca) = (self.vendor.addr().to_string(), self.vendor.ca_fingerprint().to_string());
        self.panel(&["enrol", "--vendor", &vendor, "--ca-fingerprint", &ca, "--serial", serial, "--code", code])
    }

    pub(crate) fn buy(&self, form: &str) -> Vec<String> {
        self.panel(&["buy", OPTION, "--form", form])
    }

    pub(crate) fn use_option(&self) -> Vec<String> {
        let (input, output) = (text(&self.path("letter.txt")), text(&self.result()));
        self.panel(&["use", OPTION, "--input", &input, "--output", &output])
    }

    /// Runs a command without any fault.
    pub(crate) fn run(&self, command: &[String]) -> Output {
        Command::new(&command[0]).args(&command[1..]).output().unwrap()
    }

    /// Runs a command without any fault, and it must succeed.
    pub(crate) fn must(&self, command: &[String]) -> Result<(), String> {
        let output = self.run(command);
        if output.status.success() {
            return Ok(());
        }
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        Err(format!("{} {}: {}: {}", command[0], command[3..].join(" "), output.status, said.trim()))
    }

    /// What the device's folder holds, while no process uses it.
    pub(crate) fn disk(&self) -> Result<Loaded, String> {
        Device::open(&self.data).map(|(_, loaded)| loaded).map_err(|error| format!("the data folder: {error}"))
    }

    /// The power is back: the device starts once and completes what it had begun.
    pub(crate) fn restart(&self) -> Result<Loaded, String> {
        self.must(&self.panel(&["options"]))?;
        self.disk()
    }

    /// Buys until the option is installed, starting from whatever is there.
    pub(crate) fn finish_purchase(&self, form: &str) -> Result<(), String> {
        let disk = self.restart()?;
        if living(&disk).next().is_none() {
            self.must(&self.buy(form))?;
        }
        Ok(())
    }

    /// Removes what is installed, and compares both sides.
    pub(crate) fn finish_removal(&self) -> Result<(), String> {
        if living(&self.restart()?).next().is_some() {
            self.must(&self.panel(&["remove", OPTION]))?;
        }
        let disk = self.disk()?;
        at_rest(&disk, &self.vendor)?;
        if living(&disk).next().is_none() { Ok(()) } else { Err("what was removed is still there".to_owned()) }
    }
}

pub(crate) fn text(path: &Path) -> String {
    path.to_str().unwrap().to_owned()
}
