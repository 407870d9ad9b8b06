//! What is done about it: the submission step, and the ways to tell the person.
//!
//! An outlet carries an order out once and says how that went. It does not know why, keeps
//! nothing, and never tries again by itself: when to do so is decided where the order came from.
//!
//! SECURITY: this is where a code leaves the program. It goes to the standard input of the
//! configured step and to nothing else; alerts never hold one.

mod alert;
mod command;
mod http;

use crate::case::effect::{Attempt, Order};
use crate::config::Config;

use alert::Channels;
use command::Step;

/// How alerts to standard output are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Sentences for a person.
    Text,
    /// One JSON object a line.
    Json,
}

/// Everything that orders can be handed to.
#[derive(Debug)]
pub struct Outlets {
    step: Option<Step>,
    channels: Channels,
}

impl Outlets {
    /// The outlets of a configuration. Nothing is started and nobody is asked.
    #[must_use]
    pub fn new(config: &Config, format: Format) -> Self {
        Self {
            step: config.submission.as_ref().map(Step::new),
            channels: Channels::new(&config.alerts, format),
        }
    }

    /// Carries an order out, once.
    pub async fn perform(&self, order: Order) -> Attempt {
        match (order, &self.step) {
            (Order::Submit(submission), Some(step)) => step.hand_over(&submission).await,
            // The step was taken out of the configuration while the code was on its way.
            (Order::Submit(_), None) => {
                Attempt::Rejected("no submission step is configured any more".to_owned())
            }
            (Order::Alert(alert), _) => self.channels.tell(&alert).await,
        }
    }
}
