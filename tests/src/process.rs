//! Benches run vendor and device in processes of their own: the bench's executable, started again with a role.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::process::{Child, ChildStdout, Command, Stdio};

/// A process that plays a role and talks in lines.
pub struct Actor {
    child: Child,
    lines: BufReader<ChildStdout>,
}

impl Actor {
    /// Starts this executable in `role`. With `count_syncs_to`, under strace, which writes its table there.
    pub fn start(role: &str, args: &[String], count_syncs_to: Option<&std::path::Path>) -> Self {
        let me = std::env::current_exe().unwrap();
        let mut command = match count_syncs_to {
            None => Command::new(me),
            Some(table) => {
                let mut strace = Command::new("strace");
                strace.args(["-f", "-c", "-e", "trace=fsync,fdatasync", "-o"]).arg(table).arg(me);
                strace
            }
        };
        command.arg(format!("role:{role}")).args(args).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap());
        Self { child, lines }
    }

    /// The next line that it says.
    pub fn hear(&mut self) -> String {
        let mut line = String::new();
        self.lines.read_line(&mut line).unwrap();
        assert!(!line.is_empty(), "a process of the bench has ended early");
        line.trim_end().to_owned()
    }

    /// Tells it to end, and hears its last words.
    pub fn end(mut self) -> String {
        drop(self.child.stdin.take());
        let mut rest = String::new();
        self.lines.read_to_string(&mut rest).unwrap();
        assert!(self.child.wait().unwrap().success());
        rest.trim_end().to_owned()
    }
}

/// The role and arguments of this process, if it was started by [`Actor::start`].
pub fn role() -> Option<(String, Vec<String>)> {
    let mut args = std::env::args().skip(1);
    let role = args.next()?.strip_prefix("role:")?.to_owned();
    Some((role, args.collect()))
}

/// Says a line to the process that has started this one.
pub fn say(line: &str) {
    let mut out = std::io::stdout();
    writeln!(out, "{line}").and_then(|()| out.flush()).unwrap();
}

/// Waits until the process that has started this one says that it is over.
pub fn wait_for_end() {
    let mut rest = Vec::new();
    std::io::stdin().read_to_end(&mut rest).unwrap();
}

/// The most memory that this process has had resident, in MiB.
pub fn peak_memory_mib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default();
    peak.trim().trim_end_matches("kB").trim().parse::<u64>().unwrap_or(0) / 1_024
}

/// Calls in a table that strace has written.
pub fn syncs(table: &std::path::Path) -> u64 {
    let table = std::fs::read_to_string(table).unwrap();
    let calls = |line: &str| line.split_whitespace().nth(3).and_then(|calls| calls.parse::<u64>().ok());
    table.lines().filter(|line| line.ends_with("fsync") || line.ends_with("fdatasync")).filter_map(calls).sum()
}
