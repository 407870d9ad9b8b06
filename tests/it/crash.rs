//! The real program is killed, and its system calls fail, anywhere on the whole way of Meta's three
//! mails: no message lost, nothing handed over twice, everything told, and the record whole.

mod calls;
mod clock;
mod damage;
mod faults;
mod moments;
mod stuck;
mod way;
