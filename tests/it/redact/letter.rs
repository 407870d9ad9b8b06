//! A letter full of secrets, in every place that a message has for them.

/// A person's code mail, with everything in it that tells whose it is.
pub const LETTER: &str = "Return-Path: <bounce+77@facebookmail.com>\n\
Delivered-To: zelda.quinby@quinby-family.test\n\
Received: from 66-220-155-158.outmail.facebook.com by mx.quinby-family.test; Thu, 6 Jun 2024\n\
Authentication-Results: mx.quinby-family.test; dkim=pass header.i=@facebookmail.com\n\
Date: Thu, 6 Jun 2024 19:34:15 -0700\n\
To: \"Quinby, Zelda\" <zelda.quinby@quinby-family.test>\n\
Subject: =?utf-8?q?Zelda,_48291?= =?utf-8?q?3_is_your_code?=\n\
X-Facebook-Notify: objection_code; mailid=5ac40274dafeaG24bc2cdafa4000G5ac4070e3b2bcG37f\n\
Feedback-ID: 9999:objection_code:Facebook\n\
List-Unsubscribe: <https://www.facebook.com/o.php?k=AS0x&u=100012345678901>\n\
From: \"Facebook\" <security@facebookmail.com>\n\
MIME-Version: 1.0\n\
Content-Type: multipart/mixed; boundary=\"b1_0a1b2c3d4e5f60718293a4b5c6d7e8f9\"\n\
Message-ID: <0a1b2c3d4e5f60718293a4b5c6d7e8f9@www.facebook.com>\n\
\n\
--b1_0a1b2c3d4e5f60718293a4b5c6d7e8f9\n\
Content-Type: text/html; charset=\"UTF-8\"\n\
Content-Transfer-Encoding: base64\n\
\n\
HTML\n\
--b1_0a1b2c3d4e5f60718293a4b5c6d7e8f9\n\
Content-Type: application/pdf; name=\"quinby.pdf\"\n\
Content-Disposition: attachment; filename=\"quinby.pdf\"\n\
Content-Transfer-Encoding: base64\n\
\n\
WmVsZGEgUXVpbmJ5\n\
--b1_0a1b2c3d4e5f60718293a4b5c6d7e8f9--\n";

pub const HTML: &str = "<!DOCTYPE html><html><head><style>/*\
 for Zelda */ .pre{display:none}</style>\
</head><body><div class=\"pre\">Zelda Quinby, your code is 482913</div><!-- user 100012345678901 \
--><p>Hi <b>Zel</b>da,</p><p>Use this code to verify your email address on Facebook, and to submit \
your objection:</p><table><tr><td>4</td><td>8</td><td>2</td><td>9</td><td>1</td><td>3</td></tr>\
</table><p>Or type <b>482</b><i>913</i> before 26 June 2024.</p>\
<p>Asked for by Odo Marlowe &lt;odo@marlowe.test&gt; from @zelda.q, account 1000-1234-5678-901.</p>\
<p>This was sent to <a href=\"mailto:zelda.quinby@quinby-family.test?subject=Zelda\">zelda.quinby\
&#64;quinby-family.test</a>. <a href=\"https://www.facebook.com/help/contact/6359191084165019\">\
Form</a> <a href=\"https://www.facebook.com/zelda.quinby?mid=5ac40274dafea&amp;e=zelda.quinby%40\
quinby-family.test\">You</a> <a href=\"https://track.quinby-family.test/zelda\">x</a></p>\
<img alt=\"Zelda 482913\" \
src=\"https://www.facebook.com/email_open_log_pic.php?mid=5ac40274dafea\">\
</body></html>";
