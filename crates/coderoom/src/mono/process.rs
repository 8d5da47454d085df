//! Whether the process that a client names is still the one it was.

use std::fs;

/// A process that was seen running: a later one with the same number is not it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Process {
    pid: u64,
    /// The kernel's clock ticks from boot to its start.
    started: String,
}

impl Process {
    /// The running process of that number, if the service can see one. It cannot see those of
    /// another PID namespace, and a client may well choose a number that is no process.
    pub(super) fn running(pid: u64) -> Option<Process> {
        let stat = fs::read(format!("/proc/{pid}/stat")).ok()?;
        // The second field is the program's name in parentheses, and may hold anything.
        let name_end = stat.iter().rposition(|byte| *byte == b')')?;
        let rest = String::from_utf8_lossy(&stat[name_end + 1..]);
        let mut fields = rest.split_ascii_whitespace();
        let state = fields.next()?;
        // Ended, and not yet waited for by its parent.
        if matches!(state, "Z" | "X" | "x") {
            return None;
        }
        let started = fields.nth(18)?.to_string();
        Some(Process { pid, started })
    }

    /// Whether it still runs.
    pub(super) fn is_running(&self) -> bool {
        Process::running(self.pid).as_ref() == Some(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_ends() {
        let mut child = std::process::Command::new("sleep").arg("60").spawn().unwrap();
        let process = Process::running(u64::from(child.id())).unwrap();
        assert!(process.is_running());
        child.kill().unwrap();
        // Not waited for yet: a zombie does not run. The kernel takes a moment to make it one.
        for _ in 0..500 {
            if !process.is_running() {
                break;
            }
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
        assert!(!process.is_running());
        child.wait().unwrap();
        assert!(!process.is_running());
        assert_eq!(Process::running(u64::MAX), None);
    }
}
