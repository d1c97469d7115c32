//! Words for keys and tokens in languages whose words the names of fields are not made of.

use super::super::Hit;
use super::super::bytes::{at, cut, joined_before, run};
use super::super::value::is_uuid;
use super::weak;
use crate::class::Class;

/// Words for a key or a token.
pub(crate) const KEYS: [&str; 30] = [
    "schlüssel",
    "clé ",
    "clave",
    "chave",
    "chiave",
    "sleutel",
    "klucz",
    "anahtar",
    "nøkkel",
    "nyckel",
    "nøgle",
    "avain",
    "kulcs",
    "klíč",
    "jeton",
    "khóa",
    "ключ",
    "Ключ",
    "токен",
    "Токен",
    "密钥",
    "密鑰",
    "令牌",
    "キー",
    "トークン",
    "키",
    "토큰",
    "कुंजी",
    "مفتاح",
    "מפתח",
];

/// `Mein API-Schlüssel lautet X`, `la clave de acceso es X`, `密钥是X`: a random value on the same
/// line, a few words behind the word that ends at `end`.
pub(crate) fn foreign_key(b: &[u8], end: usize, out: &mut Vec<Hit>) {
    let token = |c: u8| {
        c.is_ascii_alphanumeric() || matches!(c, b'-' | b'_' | b'.' | b'+' | b'/' | b'=' | b'~')
    };
    let mut i = end;
    while i < end + 56 && i < b.len() && !matches!(at(b, i), b'\n' | b'{' | b'(' | b'?') {
        let stop = run(b, i, 512, token);
        if stop == i {
            i += 1;
            continue;
        }
        let trimmed = stop - usize::from(at(b, stop - 1) == b'.');
        let text = cut(b, i, trimmed);
        if text.len() >= 20 && !joined_before(b, i) {
            if weak(text) && !is_uuid(text) {
                out.push(Hit::new(i, trimmed, Class::ApiKey, "keyed_secret"));
            }
            return;
        }
        i = stop;
    }
}
