//! The server's sweep: the vendor's real server meets the fault while a device buys.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::channel;
use std::time::Duration;

use e2e::invariants::at_rest;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::tracer::{self, Fault, Plan, Traced};
use crate::world::{World, text};

const LOOK: Duration = Duration::from_millis(5);

/// Serves one purchase, from start to stop, with this fault in it. A server that dies is started again at once; the device
/// must come to its end by itself.
pub(crate) fn serve_a_purchase(world: &mut World, plan: &Plan) -> Result<Traced, String> {
    world.vendor.stop();
    let listen = world.vendor.addr().to_string();
    let program = world.program("vendor-server");
    let command = [program, "--data".to_owned(), text(&world.vendor.data()), "--listen".to_owned(), listen];
    let output = world.path("server-output");
    let _ = std::fs::remove_file(&output);
    let (pid, started) = channel();
    let bought = std::thread::scope(|scope| {
        let tracing = scope.spawn(|| tracer::run(&command, plan, &output, Some(pid)));
        let pid = started.recv().map_err(|_| "no server".to_owned())?;
        while !tracing.is_finished() && !listens(&output) {
            std::thread::sleep(LOOK);
        }
        let died_early = tracing.is_finished();
        if died_early {
            world.vendor.start_again();
        }
        let mut buying = spawn(&world.buy("permanent"));
        let mut exit = None;
        while exit.is_none() && !tracing.is_finished() {
            exit = buying.try_wait().map_err(|error| error.to_string())?;
            std::thread::sleep(LOOK);
        }
        if exit.is_none() && !died_early {
            if plan.fault != Fault::Kill {
                let _ = buying.kill();
                let _ = buying.wait();
                return Err("a failing write has ended the server".to_owned());
            }
            world.vendor.start_again();
        }
        let exit = match exit {
            Some(exit) => exit,
            None => buying.wait().map_err(|error| error.to_string())?,
        };
        if !tracing.is_finished() {
            let _ = kill(Pid::from_raw(pid), Signal::SIGTERM);
        }
        let traced = tracing.join().map_err(|_| "the tracer died".to_owned())?.map_err(|error| error.to_string())?;
        Ok((traced, exit))
    });
    let (traced, exit) = bought?;
    if plan.fault == Fault::Kill || plan.at == 0 {
        // Whatever happened to the server, the device has come through.
        if !exit.success() {
            return Err(format!("the purchase ended with {exit}"));
        }
    }
    Ok(traced)
}

pub(crate) fn after(world: &mut World) -> Result<(), String> {
    world.vendor.start_again();
    world.finish_purchase("permanent")?;
    at_rest(&world.disk()?, &world.vendor)?;
    world.finish_removal()
}

fn listens(output: &Path) -> bool {
    std::fs::read_to_string(output).is_ok_and(|said| said.contains("listening on"))
}

fn spawn(command: &[String]) -> Child {
    let mut process = Command::new(&command[0]);
    process.args(&command[1..]).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}
