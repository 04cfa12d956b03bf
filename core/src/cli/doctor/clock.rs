//! The clock: what already happened can't lie in the future.

use super::Finding;
use crate::{cli::json::instant, error::Kind};
use std::time::Duration;

const CHECK: &str = "clock";
/// Clocks of hosts differ by so much without harm: certificates are valid five minutes before they were made.
const TOLERANCE: Duration = Duration::from_secs(5);
const HARMFUL: Duration = Duration::from_secs(300);

/// Something that happened, and when, by the clock that was there.
#[derive(Clone, Debug)]
pub(super) struct Happened {
    pub(super) what: String,
    pub(super) at: Duration,
}

pub(super) fn check(now: Duration, happened: &[Happened]) -> Finding {
    let Some(latest) = happened.iter().max_by_key(|one| one.at).filter(|one| one.at > now + TOLERANCE) else {
        return Finding::ok(CHECK, format!("it is {}, later than everything that this host knows of", instant(now)));
    };
    let behind = latest.at - now;
    let what = format!("{} at {}, but by this host's clock it is {}: {behind:.0?} apart", latest.what, instant(latest.at), instant(now));
    let advice = "Set the clocks of both hosts, by NTP for instance; certificates and deadlines go by them.";
    if behind < HARMFUL { Finding::warn(CHECK, what, advice) } else { Finding::fail(CHECK, Kind::ClockSkew, what, advice) }
}

#[cfg(test)]
mod tests {
    use super::{super::State, *};

    #[test]
    fn the_future_is_not_yet() {
        let now = Duration::from_secs(1_800_000_000);
        let one = |ahead: i64| Happened { what: "node `far` started".into(), at: Duration::from_secs((1_800_000_000 + ahead) as u64) };
        for (ahead, state) in [(-10, State::Ok), (4, State::Ok), (60, State::Warn), (301, State::Fail)] {
            let finding = check(now, &[one(-1000), one(ahead), one(-50)]);
            assert_eq!(finding.state, state, "{finding}");
            assert!(state == State::Ok || finding.what.starts_with("node `far` started at 2027-01-15T08:0"), "{finding}");
        }
        assert_eq!(check(now, &[]).state, State::Ok);
    }
}
