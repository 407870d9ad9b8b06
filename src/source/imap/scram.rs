//! SCRAM-SHA-256 (RFC 5802, RFC 7677): proves that both sides know the password, without sending
//! it.
//!
//! Pure but for the nonce, which it is given. SECURITY: the server's messages are hostile; an
//! iteration count that would keep the machine busy, or make the password easy to guess from what
//! was sent, is refused, and a server that does not prove itself is no sign-in.

use std::num::NonZeroU32;

use data_encoding::BASE64;
use ring::{hmac, pbkdf2};
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

/// The iterations that are accepted. RFC 7677, 4 asks for 4096 at least.
const ITERATIONS: std::ops::RangeInclusive<u32> = 4096..=600_000;

/// No channel binding, no other identity (RFC 5802, 7).
const HEADER: &str = "n,,";

/// A conversation with one server.
pub(super) struct Scram {
    password: Zeroizing<String>,
    first: String,
    nonce: String,
    step: Step,
}

enum Step {
    First,
    Final,
    /// The server has to prove itself by this.
    Proof([u8; 32]),
    Done,
}

impl Scram {
    /// Begins as `login`. `nonce` is unpredictable and printable, without a comma.
    pub(super) fn new(login: &str, password: &str, nonce: String) -> Self {
        let login = login.replace('=', "=3D").replace(',', "=2C");
        Self {
            password: Zeroizing::new(password.to_owned()),
            first: format!("n={login},r={nonce}"),
            nonce,
            step: Step::First,
        }
    }

    /// What the client says next, to the server's words in base64.
    ///
    /// # Errors
    /// Why the server is not believed.
    pub(super) fn answer(&mut self, said: &str) -> Result<Zeroizing<String>, &'static str> {
        let said = BASE64
            .decode(said.trim().as_bytes())
            .ok()
            .and_then(|bytes| String::from_utf8(bytes).ok())
            .ok_or("its SCRAM message is not base64")?;
        match self.step {
            Step::First => {
                self.step = Step::Final;
                let first = format!("{HEADER}{}", self.first);
                Ok(Zeroizing::new(BASE64.encode(first.as_bytes())))
            }
            Step::Final => self.prove(&said),
            Step::Proof(expected) => {
                let proof = said.strip_prefix("v=").map(|v| BASE64.decode(v.as_bytes()));
                if proof.and_then(Result::ok).as_deref() != Some(&expected[..]) {
                    return Err("it cannot prove that it knows the password");
                }
                self.step = Step::Done;
                Ok(Zeroizing::default())
            }
            Step::Done => Err("it goes on when everything is said"),
        }
    }

    /// Whether the server has proved that it knows the password.
    pub(super) fn is_proved(&self) -> bool {
        matches!(self.step, Step::Done)
    }

    fn prove(&mut self, said: &str) -> Result<Zeroizing<String>, &'static str> {
        let field = |name: &str| said.split(',').find_map(|field| field.strip_prefix(name));
        let nonce = field("r=")
            .filter(|nonce| nonce.starts_with(&self.nonce) && nonce.len() > self.nonce.len());
        let nonce = nonce.ok_or("it answers to another question")?;
        let salt = field("s=").and_then(|salt| BASE64.decode(salt.as_bytes()).ok());
        let salt = salt.ok_or("its SCRAM message has no salt")?;
        let iterations = field("i=").and_then(|count| count.parse::<u32>().ok());
        let iterations = iterations
            .filter(|count| ITERATIONS.contains(count))
            .and_then(NonZeroU32::new)
            .ok_or("its iteration count is not between 4096 and 600000")?;

        let mut salted = Zeroizing::new([0; 32]);
        let algorithm = pbkdf2::PBKDF2_HMAC_SHA256;
        pbkdf2::derive(
            algorithm,
            iterations,
            &salt,
            self.password.as_bytes(),
            &mut *salted,
        );
        let client_key = hmac_of(&*salted, b"Client Key");
        let stored_key: [u8; 32] = Sha256::digest(client_key).into();
        let bare = format!("c={},r={nonce}", BASE64.encode(HEADER.as_bytes()));
        let all = format!("{},{said},{bare}", self.first);
        let signature = hmac_of(&stored_key, all.as_bytes());
        let proof: Vec<u8> = client_key
            .iter()
            .zip(signature)
            .map(|(a, b)| a ^ b)
            .collect();
        let server_key = hmac_of(&*salted, b"Server Key");
        self.step = Step::Proof(hmac_of(&server_key, all.as_bytes()));
        let last = format!("{bare},p={}", BASE64.encode(&proof));
        Ok(Zeroizing::new(BASE64.encode(last.as_bytes())))
    }
}

fn hmac_of(key: &[u8], message: &[u8]) -> [u8; 32] {
    let key = hmac::Key::new(hmac::HMAC_SHA256, key);
    let mut tag = [0; 32];
    // SHA-256 gives exactly as many bytes.
    for (place, byte) in tag.iter_mut().zip(hmac::sign(&key, message).as_ref()) {
        *place = *byte;
    }
    tag
}

#[cfg(test)]
mod tests {
    use super::{BASE64, Scram};

    const SERVER_FIRST: &str = "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,\
                                s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096";
    const SERVER_FINAL: &str = "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=";

    fn begun() -> Scram {
        let mut scram = Scram::new("user", "pencil", "rOprNGfwEbeRWgbNEkqO".to_owned());
        let first = scram.answer("").expect("begins");
        assert_eq!(decoded(&first), "n,,n=user,r=rOprNGfwEbeRWgbNEkqO");
        scram
    }

    fn decoded(said: &str) -> String {
        String::from_utf8(BASE64.decode(said.as_bytes()).expect("base64")).expect("text")
    }

    fn say(scram: &mut Scram, said: &str) -> Result<String, &'static str> {
        let answer = scram.answer(&BASE64.encode(said.as_bytes()))?;
        Ok(decoded(&answer))
    }

    #[test]
    fn the_example_of_rfc_7677_is_answered_as_published() {
        let mut scram = begun();
        let last = say(&mut scram, SERVER_FIRST).expect("believed");
        let expected = "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,\
                        p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=";
        assert_eq!(last, expected);
        assert!(!scram.is_proved());
        assert_eq!(say(&mut scram, SERVER_FINAL), Ok(String::new()));
        assert!(scram.is_proved());
    }

    #[test]
    fn a_server_that_does_not_know_the_password_is_no_sign_in() {
        for wrong in ["v=AAAA", "e=invalid-proof", "", "x"] {
            let mut scram = begun();
            say(&mut scram, SERVER_FIRST).expect("believed");
            assert!(say(&mut scram, wrong).is_err(), "{wrong}");
            assert!(!scram.is_proved());
        }
    }

    #[test]
    fn a_first_answer_that_is_not_as_it_must_be_is_refused() {
        let wrong = [
            SERVER_FIRST.replace("rOpr", "xxxx"),
            "r=rOprNGfwEbeRWgbNEkqO,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096".to_owned(),
            SERVER_FIRST.replace("4096", "1"),
            SERVER_FIRST.replace("4096", "4294967295"),
            SERVER_FIRST.replace("i=4096", ""),
            SERVER_FIRST.replace("s=W22", "s=*"),
            "e=other-error".to_owned(),
        ];
        for said in wrong {
            assert!(say(&mut begun(), &said).is_err(), "{said}");
        }
    }
}
