//! From a source's reports to the engine's inputs: a message with the verdict on its sender.

use std::sync::Arc;
use std::sync::mpsc::Sender;

use tokio::sync::{mpsc, watch};
use tracing::error;

use crate::engine::Input;
use crate::mail::authenticity::Authenticity;
use crate::mail::{Arrival, FolderRef};
use crate::source::{Report, walled};
use crate::store::Proof;

use super::attempts::Means;
use super::health::{Health, Hearing};

/// Takes what sources report.
#[derive(Clone)]
pub(super) struct Taker {
    pub(super) inbox: Sender<Input>,
    /// What senders are proved by now.
    pub(super) means: watch::Receiver<Arc<Means>>,
    pub(super) health: Health,
}

impl Taker {
    /// Hands a folder's reports to the engine until there are no more, or no engine.
    pub(super) async fn take(self, folder: FolderRef, mut reports: mpsc::Receiver<Report>) {
        let mut obstacle = Obstacle::default();
        while let Some(report) = reports.recv().await {
            let hearing = match &report {
                Report::Arrival { .. } => None,
                Report::CatchingUp(backlog) => {
                    self.health.catches_up(&folder, *backlog);
                    continue;
                }
                Report::Heard { .. } => Some(Hearing::Heard),
                Report::Unheard { .. } => Some(Hearing::Unheard),
                Report::Absent => Some(Hearing::Absent),
            };
            self.health.sign(&folder, hearing);
            if obstacle.is_repeated_by(&report) {
                continue;
            }
            if let Some(input) = self.input(folder.clone(), report).await
                && self.inbox.send(input).is_err()
            {
                return;
            }
        }
    }

    async fn input(&self, folder: FolderRef, report: Report) -> Option<Input> {
        Some(match report {
            // The health has it; nothing of it is on record.
            Report::CatchingUp(_) => return None,
            Report::Arrival {
                arrival,
                after,
                taken,
            } => {
                let authenticity = self.prove(&folder, &arrival).await;
                Input::Arrival {
                    folder,
                    arrival,
                    authenticity,
                    after,
                    taken,
                }
            }
            Report::Heard {
                cursor,
                at,
                missed,
                taken,
            } => Input::Heard {
                folder,
                proof: Proof {
                    cursor,
                    at,
                    missed: u32::from(missed),
                },
                taken,
            },
            Report::Unheard { why, needs_person } => Input::Unheard {
                folder,
                why,
                needs_person,
            },
            Report::Absent => Input::Absent { folder },
        })
    }

    /// The verdict on a message's sender. A message that breaks a parser would do so each time it
    /// is fetched again: it goes to the person, unproven.
    async fn prove(&self, folder: &FolderRef, arrival: &Arrival) -> Authenticity {
        let means = Arc::clone(&self.means.borrow());
        let verdict = walled(means.prover.prove(&folder.mailbox, arrival));
        verdict.await.unwrap_or_else(|| {
            error!(
                mailbox = %folder.mailbox,
                "a message broke the check of its sender, which is worth a report; it is unproven"
            );
            Authenticity::unproven(None, BROKEN)
        })
    }
}

/// What stood in the way of a folder at its last report, as the engine knows it. A source says it
/// again for as long as it lasts, as a sign of life: thousands of them are no news.
#[derive(Default)]
struct Obstacle(Option<(String, bool)>);

impl Obstacle {
    fn is_repeated_by(&mut self, report: &Report) -> bool {
        let said = match report {
            Report::Unheard { why, needs_person } => Some((why.clone(), *needs_person)),
            _ => None,
        };
        let before = std::mem::replace(&mut self.0, said);
        self.0.is_some() && before == self.0
    }
}

/// Why nothing is known of a sender.
pub(super) const BROKEN: &str = "the check of its sender ended on an internal error";

#[cfg(test)]
mod tests {
    use super::{Obstacle, Report};

    #[test]
    fn only_the_same_obstacle_again_is_no_news() {
        let mut obstacle = Obstacle::default();
        let unheard = |why: &str, needs_person| Report::Unheard {
            why: why.to_owned(),
            needs_person,
        };
        for (report, expected) in [
            (unheard("no route", false), false),
            (unheard("no route", false), true),
            (unheard("no route", true), false),
            (unheard("no sign-in", true), false),
            (Report::Absent, false),
            (Report::Absent, false),
            (unheard("no sign-in", true), false),
            (unheard("no sign-in", true), true),
        ] {
            assert_eq!(obstacle.is_repeated_by(&report), expected, "{report:?}");
        }
    }
}
