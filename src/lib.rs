//! `sustained` (objection - *sustained*) watches a mailbox while its owner objects to Meta using
//! their data to train AI.
//!
//! Mail comes in as bytes from a [`source`], which a password or [`oauth`] opens. [`dkim`] proves
//! who sent it; [`mail`] says what it means, [`case`] what that changes and what is to be done. The
//! [`engine`] writes all of it into the [`store`] in one transaction and gives orders to the
//! [`outlet`]s; how an order went comes back in as the next event. [`record`] copies the events
//! into files. [`daemon`] keeps all of this running, [`cli`] is how a person meets it, and [`web`]
//! shows how everything is.

pub mod cli;

pub mod web;

pub mod daemon;

pub mod engine;

pub mod dkim;
pub mod outlet;
pub mod record;
pub mod source;

pub mod store;

pub mod http;
pub mod oauth;

pub mod config;

pub mod case;

pub mod mail;
