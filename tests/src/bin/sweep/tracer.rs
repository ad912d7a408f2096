//! Runs a program and lets its k-th system call of a kind be its last, or fail. `strace -f -e inject` counts each thread on
//! its own, so that its k-th call is not the k-th of the process; here all threads are counted together.

use std::collections::HashMap;
use std::fs::File;
use std::io;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc::Sender;

use nix::errno::Errno;
use nix::libc;
use nix::sys::ptrace::{self, Options};
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;

/// This executable in this role is a program that wants to be traced.
const ROLE: &str = "role:tracee";

/// A kind of system call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Kind {
    pub(crate) name: &'static str,
    numbers: &'static [i64],
    /// The first argument is an open file.
    on_file: bool,
}

const fn kind(name: &'static str, numbers: &'static [i64], on_file: bool) -> Kind {
    Kind { name, numbers, on_file }
}

pub(crate) const FDATASYNC: Kind = kind("fdatasync", &[libc::SYS_fdatasync], true);
pub(crate) const FSYNC: Kind = kind("fsync", &[libc::SYS_fsync], true);
pub(crate) const WRITE: Kind =
    kind("write", &[libc::SYS_write, libc::SYS_pwrite64, libc::SYS_writev, libc::SYS_pwritev], true);
pub(crate) const TRUNCATE: Kind = kind("ftruncate", &[libc::SYS_ftruncate, libc::SYS_fallocate], true);
pub(crate) const KINDS: [Kind; 5] = [FDATASYNC, FSYNC, WRITE, TRUNCATE, RENAME];
pub(crate) const RENAME: Kind = kind("rename", &[libc::SYS_rename, libc::SYS_renameat, libc::SYS_renameat2], false);

/// What becomes of the chosen call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The process dies before it.
    Kill,
    /// It fails.
    Error(Errno),
    /// It fails, and every later one with it.
    ErrorFromNowOn(Errno),
}

/// Which call is chosen.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    pub(crate) kind: Kind,
    /// Calls on files elsewhere do not count.
    pub(crate) below: PathBuf,
    /// The first is 1; 0 only counts.
    pub(crate) at: u64,
    pub(crate) fault: Fault,
}

/// How the program ended.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Traced {
    /// Of each of [`KINDS`].
    pub(crate) calls: [u64; KINDS.len()],
    /// `None` if it was killed.
    pub(crate) exit: Option<i32>,
}

/// Plays the tracee, if this process is one; then it does not return.
pub(crate) fn play_tracee() {
    let mut args = std::env::args_os().skip(1);
    if args.next().is_some_and(|role| role == ROLE) {
        let program = args.next().unwrap();
        ptrace::traceme().unwrap();
        let error = Command::new(program).args(args).exec();
        panic!("{error}");
    }
}

/// Runs `command` to its end; what it prints goes to `output`. Must not be called by two threads at once with children of
/// one another. `started` hears the process's id.
pub(crate) fn run(command: &[String], plan: &Plan, output: &Path, started: Option<Sender<i32>>) -> io::Result<Traced> {
    let file = File::create(output)?;
    let child = Command::new(std::env::current_exe()?)
        .arg(ROLE)
        .args(command)
        .stdin(Stdio::null())
        .stdout(file.try_clone()?)
        .stderr(file)
        .spawn()?;
    let main = Pid::from_raw(i32::try_from(child.id()).unwrap());
    match waitpid(main, None)? {
        WaitStatus::Stopped(..) => {}
        other => return Err(io::Error::other(format!("the kernel does not let processes be traced: {other:?}"))),
    }
    let options = Options::PTRACE_O_TRACESYSGOOD
        | Options::PTRACE_O_TRACECLONE
        | Options::PTRACE_O_TRACEFORK
        | Options::PTRACE_O_TRACEVFORK
        | Options::PTRACE_O_EXITKILL;
    ptrace::setoptions(main, options)?;
    if let Some(started) = started {
        let _ = started.send(main.as_raw());
    }
    let mut tracer = Tracer { main, plan, calls: [0; KINDS.len()], inside: HashMap::new() };
    go_on(main, None)?;
    loop {
        match waitpid(None, Some(WaitPidFlag::__WALL | WaitPidFlag::__WNOTHREAD))? {
            WaitStatus::PtraceSyscall(thread) => {
                tracer.syscall(thread)?;
                go_on(thread, None)?;
            }
            WaitStatus::PtraceEvent(thread, ..) => go_on(thread, None)?,
            // How a new thread begins.
            WaitStatus::Stopped(thread, Signal::SIGSTOP) => go_on(thread, None)?,
            WaitStatus::Stopped(thread, signal) => go_on(thread, Some(signal))?,
            WaitStatus::Exited(thread, code) if thread == main => {
                return Ok(Traced { calls: tracer.calls, exit: Some(code) });
            }
            WaitStatus::Signaled(thread, ..) if thread == main => {
                return Ok(Traced { calls: tracer.calls, exit: None });
            }
            _ => {}
        }
    }
}

fn go_on(thread: Pid, signal: Option<Signal>) -> io::Result<()> {
    if_alive(ptrace::syscall(thread, signal))
}

/// A process that ends takes its stopped threads with it at any moment, which is no error.
fn if_alive(result: nix::Result<()>) -> io::Result<()> {
    match result {
        Err(Errno::ESRCH) | Ok(()) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

struct Tracer<'a> {
    main: Pid,
    plan: &'a Plan,
    calls: [u64; KINDS.len()],
    /// Threads that are in a system call, and how it has to fail.
    inside: HashMap<Pid, Option<Errno>>,
}

impl Tracer<'_> {
    /// A thread stops at each entry into the kernel and at each exit.
    fn syscall(&mut self, thread: Pid) -> io::Result<()> {
        let Ok(mut registers) = ptrace::getregs(thread) else { return Ok(()) };
        if let Some(fails) = self.inside.remove(&thread) {
            if let Some(errno) = fails {
                registers.rax = (-i64::from(errno as i32)).cast_unsigned();
                if_alive(ptrace::setregs(thread, registers))?;
            }
            return Ok(());
        }
        let mut fails = None;
        if let Some(kind) = self.kind(registers.orig_rax.cast_signed(), registers.rdi) {
            self.calls[kind] += 1;
            let chosen = KINDS[kind] == self.plan.kind && self.plan.at > 0;
            let here = chosen && self.calls[kind] == self.plan.at;
            match self.plan.fault {
                Fault::Kill if here => if_alive(kill(self.main, Signal::SIGKILL))?,
                Fault::Error(errno) if here => fails = Some(errno),
                Fault::ErrorFromNowOn(errno) if chosen && self.calls[kind] >= self.plan.at => fails = Some(errno),
                _ => {}
            }
        }
        if fails.is_some() {
            // No system call has this number, so nothing is done.
            registers.orig_rax = u64::MAX;
            if_alive(ptrace::setregs(thread, registers))?;
        }
        self.inside.insert(thread, fails);
        Ok(())
    }

    fn kind(&self, number: i64, first: u64) -> Option<usize> {
        let kind = KINDS.iter().position(|kind| kind.numbers.contains(&number))?;
        let is_below = || {
            let path = std::fs::read_link(format!("/proc/{}/fd/{first}", self.main));
            path.is_ok_and(|path| path.starts_with(&self.plan.below))
        };
        (!KINDS[kind].on_file || is_below()).then_some(kind)
    }
}
