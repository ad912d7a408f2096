//! The sweeps: what is done before a point, which command meets the fault, and what must hold after it.

use e2e::invariants::{at_rest, living, nothing_left_over};
use panel_app::data::Device;

use crate::world::{OPTION, SERIAL, World, text};

/// A command that meets a fault.
pub(crate) struct Sweep {
    pub(crate) name: &'static str,
    pub(crate) before: fn(&mut World) -> Result<(), String>,
    pub(crate) command: fn(&World) -> Vec<String>,
    /// Brings everything to its end and looks at it.
    pub(crate) after: fn(&mut World) -> Result<(), String>,
}

pub(crate) const SWEEPS: [Sweep; 8] = [
    Sweep { name: "buy", before: |_| Ok(()), command: |world| world.buy("permanent"), after: bought },
    Sweep { name: "use", before: has_uses, command: World::use_option, after: used },
    Sweep { name: "erase", before: has_one_use, command: World::use_option, after: used_up },
    Sweep { name: "remove", before: has_it, command: |world| world.panel(&["remove", OPTION]), after: removed },
    Sweep { name: "restore", before: has_lost_it, command: |world| world.panel(&["restore"]), after: restored },
    Sweep { name: "create", before: new_folder, command: |world| world.panel(&["options"]), after: created },
    Sweep { name: "enrol", before: new_folder, command: enrol, after: enrolled },
    Sweep { name: "init", before: |_| Ok(()), command: init, after: initialised },
];

fn bought(world: &mut World) -> Result<(), String> {
    world.finish_purchase("permanent")?;
    at_rest(&world.disk()?, &world.vendor)?;
    world.must(&world.use_option())?;
    world.finish_removal()
}

fn uses_left(world: &World) -> Result<u32, String> {
    Ok(living(&world.disk()?).find_map(|licence| licence.uses_left).unwrap_or(0))
}

fn has_uses(world: &mut World) -> Result<(), String> {
    if uses_left(world)? == 0 {
        world.must(&world.buy("uses:5000"))?;
    }
    world.uses_before = uses_left(world)?;
    Ok(())
}

fn has_one_use(world: &mut World) -> Result<(), String> {
    world.must(&world.buy("uses:1"))?;
    world.uses_before = 1;
    Ok(())
}

fn has_it(world: &mut World) -> Result<(), String> {
    world.must(&world.buy("permanent"))
}

/// The result of this point, whole, or nothing.
fn delivered(world: &World) -> Result<bool, String> {
    match std::fs::read(world.result()) {
        Ok(bytes) if bytes == b"100" => Ok(true),
        Ok(bytes) => Err(format!("a result of {} bytes", bytes.len())),
        Err(_) => Ok(false),
    }
}

fn used(world: &mut World) -> Result<(), String> {
    let disk = world.restart()?;
    let (left, delivered) = (uses_left(world)?, delivered(world)?);
    let spent = world.uses_before - left;
    if spent != u32::from(delivered) {
        return Err(format!("{spent} spent, result delivered: {delivered}"));
    }
    nothing_left_over(&disk)
}

fn used_up(world: &mut World) -> Result<(), String> {
    used(world)?;
    if uses_left(world)? > 0 {
        world.must(&world.use_option())?;
        used(world)?;
    }
    let disk = world.disk()?;
    if !delivered(world)? || !disk.keys.is_empty() || !disk.packages.is_empty() {
        return Err("used up and not erased, or not delivered".to_owned());
    }
    at_rest(&disk, &world.vendor)
}

/// It was bought, and then the device's disk was replaced.
fn has_lost_it(world: &mut World) -> Result<(), String> {
    if living(&world.disk()?).next().is_none() {
        world.must(&world.buy("permanent"))?;
    }
    world.data = world.path(&format!("device-{}", world.point));
    let code = world.vendor.new_code(&SERIAL.parse().unwrap()).to_string();
    world.must(&world.enrol(SERIAL, &code))
}

fn restored(world: &mut World) -> Result<(), String> {
    world.must(&world.panel(&["restore"]))?;
    let disk = world.disk()?;
    if living(&disk).count() != 1 || disk.complete.len() != 1 {
        return Err("not restored".to_owned());
    }
    nothing_left_over(&disk)?;
    world.must(&world.use_option())
}

fn removed(world: &mut World) -> Result<(), String> {
    world.finish_removal()
}

fn new_folder(world: &mut World) -> Result<(), String> {
    world.data = world.path(&format!("device-{}", world.point));
    Ok(())
}

fn created(world: &mut World) -> Result<(), String> {
    world.restart().map(drop)
}

fn enrol(world: &World) -> Vec<String> {
    let serial = format!("NEW-{}", world.point);
    let code_file = world.path(&format!("code-{}", world.point));
    // The same code for the command that meets the fault and for the one after it.
    let code = std::fs::read_to_string(&code_file).unwrap_or_else(|_| {
        let code = world.vendor.register(&serial, None).to_string();
        std::fs::write(&code_file, &code).unwrap();
        code
    });
    world.enrol(&serial, &code)
}

fn enrolled(world: &mut World) -> Result<(), String> {
    if world.restart()?.enrolment.is_none() {
        world.must(&enrol(world))?;
    }
    world.must(&world.panel(&["catalogue"]))
}

fn vendor_folder(world: &World) -> std::path::PathBuf {
    world.path(&format!("vendor-{}", world.point))
}

fn init(world: &World) -> Vec<String> {
    let data = text(&vendor_folder(world));
    vec![world.program("vendor-server"), "init".to_owned(), "--data".to_owned(), data]
}

fn initialised(world: &mut World) -> Result<(), String> {
    let again = world.run(&init(world));
    let said = String::from_utf8_lossy(&again.stderr).into_owned();
    if !again.status.success() && !said.contains("[already-initialised]") {
        return Err(said);
    }
    // It is complete if the identity of a distribution service can be made from it.
    let folder = vendor_folder(world);
    let (data, out) = (text(&folder), text(&folder.join("distribution")));
    let issue = ["issue-distribution", "--data", &data, "--out", &out].map(str::to_owned);
    let mut command = vec![world.program("vendor-server")];
    command.extend(issue);
    world.must(&command)
}

/// The folder whose files count.
pub(crate) fn below(sweep: &Sweep, world: &World) -> std::path::PathBuf {
    match sweep.name {
        "init" => vendor_folder(world),
        // A result belongs beside the device's folder, and counts too.
        _ => world.path(""),
    }
}

/// Nothing uses the folder any more.
pub(crate) fn is_free(world: &World) -> bool {
    Device::open(&world.data).is_ok()
}
