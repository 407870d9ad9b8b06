//! Carries out what the engine orders, each order in a task of its own.
//!
//! An attempt that is under way ends by the means that it began with, also when the configuration
//! changes meanwhile.

use std::sync::Arc;
use std::sync::mpsc::Sender;

use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tracing::error;

use crate::case::effect::{Attempt, EffectId, Order};
use crate::engine::Input;
use crate::mail::authenticity::Authenticity;
use crate::outlet::Outlets;
use crate::source::walled;

use super::health::Health;
use super::prover::Prover;
use super::reports::BROKEN;

/// What one configuration proves senders and does things by.
pub(super) struct Means {
    pub(super) prover: Prover,
    pub(super) outlets: Outlets,
}

/// Carries orders out until no more are given and the last has ended.
pub(super) async fn carry_out(
    mut given: mpsc::UnboundedReceiver<(EffectId, Order)>,
    means: watch::Receiver<Arc<Means>>,
    health: Health,
    inbox: Sender<Input>,
) {
    let mut attempts = JoinSet::new();
    loop {
        tokio::select! {
            order = given.recv() => match order {
                Some((effect, order)) => {
                    let means = Arc::clone(&means.borrow());
                    let (health, inbox) = (health.clone(), inbox.clone());
                    attempts.spawn(async move {
                        let input = attempt(effect, order, means, health).await;
                        // Without an engine the attempt stays `started`, hence doubtful.
                        drop(inbox.send(input));
                    });
                }
                None => break,
            },
            Some(_) = attempts.join_next() => {}
        }
    }
    while attempts.join_next().await.is_some() {}
}

/// Makes one attempt. One that panics must have an end, too: its outlet waits for it.
async fn attempt(effect: EffectId, order: Order, means: Arc<Means>, health: Health) -> Input {
    let is_proof = matches!(order, Order::Prove(_));
    let ended = walled(make(effect, order, means, health)).await;
    ended.unwrap_or_else(|| {
        error!(
            effect = effect.0,
            "an attempt broke, which is worth a report"
        );
        if is_proof {
            let authenticity = Authenticity::unproven(None, BROKEN);
            return Input::Examined {
                effect,
                authenticity,
            };
        }
        let why = "it ended on an internal error of this program; it may or may not be done";
        Input::Attempted {
            effect,
            attempt: Attempt::Unknown(why.to_owned()),
        }
    })
}

async fn make(effect: EffectId, order: Order, means: Arc<Means>, health: Health) -> Input {
    match order {
        Order::Prove(proving) => Input::Examined {
            effect,
            authenticity: means.prover.prove_again(&proving).await,
        },
        Order::Submit(submission) => Input::Attempted {
            effect,
            attempt: means.outlets.submit(submission).await,
        },
        Order::Alert(alert) => {
            let channel = alert.channel.clone();
            let attempt = means.outlets.tell(alert).await;
            health.tried(&channel, matches!(attempt, Attempt::Accepted));
            Input::Attempted { effect, attempt }
        }
    }
}
