//! Formulas over named numbers: `round(images * (1 - accuracy / 100))`.
//!
//! ```text
//! sum     = product { ("+" | "-") product }
//! product = atom { ("*" | "/") atom }
//! atom    = number | name | "round" "(" sum ")" | "(" sum ")"
//! ```

/// A formula.
pub(super) struct Formula {
    tokens: Vec<Token>,
}

#[derive(Clone, PartialEq, Debug)]
enum Token {
    Number(f64, String),
    Name(String),
    Symbol(char),
}

/// The one function.
const ROUND: &str = "round";

/// The words of a formula at most; reading it goes as deep as its parentheses.
const LONGEST: usize = 256;

impl Formula {
    /// Reads a formula; an error says what was expected.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let formula = Self { tokens: tokens(text)? };
        // Any numbers will do to see whether it can be worked out.
        formula.value(&|_| Some(1.0)).map(|_| formula)
    }

    /// The names that it needs.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.tokens.iter().filter_map(|token| match token {
            Token::Name(name) if name != ROUND => Some(name.as_str()),
            _ => None,
        })
    }

    /// What comes out.
    pub(super) fn value(&self, numbers: &dyn Fn(&str) -> Option<f64>) -> Result<f64, String> {
        let mut reader = Reader { tokens: &self.tokens, at: 0, numbers };
        let value = reader.sum()?;
        match reader.tokens.get(reader.at) {
            None => Ok(value),
            Some(token) => Err(format!("expected an operator before {}", shown(token))),
        }
    }

    /// The formula with each name replaced.
    pub(super) fn written(&self, names: &dyn Fn(&str) -> String) -> String {
        let mut text = String::new();
        for token in &self.tokens {
            match token {
                Token::Number(_, number) => text.push_str(number),
                Token::Name(name) if name == ROUND => text.push_str(ROUND),
                Token::Name(name) => text.push_str(&names(name)),
                Token::Symbol('*') => text.push_str(" × "),
                Token::Symbol(symbol @ ('+' | '-' | '/')) => {
                    text.extend([' ', *symbol, ' ']);
                }
                Token::Symbol(symbol) => text.push(*symbol),
            }
        }
        text
    }
}

fn shown(token: &Token) -> String {
    match token {
        Token::Number(_, text) | Token::Name(text) => format!("`{text}`"),
        Token::Symbol(symbol) => format!("`{symbol}`"),
    }
}

fn tokens(text: &str) -> Result<Vec<Token>, String> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.');
        let end = match is_part(first) {
            true => rest.find(|c: char| !is_part(c)).unwrap_or(rest.len()),
            false => first.len_utf8(),
        };
        let (word, after) = rest.split_at(end);
        if tokens.len() == LONGEST {
            return Err(format!("a formula has at most {LONGEST} words"));
        }
        tokens.push(match first {
            '+' | '-' | '*' | '/' | '(' | ')' => Token::Symbol(first),
            _ if first.is_ascii_digit() => {
                let number = word.parse().map_err(|_| format!("`{word}` is no number"))?;
                Token::Number(number, word.to_owned())
            }
            _ if first.is_ascii_alphabetic() => Token::Name(word.to_owned()),
            _ => return Err(format!("`{first}` has no meaning in a formula")),
        });
        rest = after.trim_start();
    }
    Ok(tokens)
}

struct Reader<'a> {
    tokens: &'a [Token],
    at: usize,
    numbers: &'a dyn Fn(&str) -> Option<f64>,
}

impl Reader<'_> {
    fn takes(&mut self, symbols: &[char]) -> Option<char> {
        match self.tokens.get(self.at) {
            Some(Token::Symbol(symbol)) if symbols.contains(symbol) => {
                self.at += 1;
                Some(*symbol)
            }
            _ => None,
        }
    }

    fn sum(&mut self) -> Result<f64, String> {
        let mut value = self.product()?;
        while let Some(sign) = self.takes(&['+', '-']) {
            let other = self.product()?;
            value = if sign == '+' { value + other } else { value - other };
        }
        Ok(value)
    }

    fn product(&mut self) -> Result<f64, String> {
        let mut value = self.atom()?;
        while let Some(sign) = self.takes(&['*', '/']) {
            let other = self.atom()?;
            value = if sign == '*' { value * other } else { value / other };
        }
        Ok(value)
    }

    fn atom(&mut self) -> Result<f64, String> {
        if self.takes(&['(']).is_some() {
            return self.closed();
        }
        let token = self.tokens.get(self.at).ok_or("expected a number at the end")?;
        self.at += 1;
        match token {
            Token::Number(number, _) => Ok(*number),
            Token::Name(name) if name == ROUND => match self.takes(&['(']) {
                Some(_) => Ok(self.closed()?.round()),
                None => Err(format!("expected `(` after `{ROUND}`")),
            },
            Token::Name(name) => (self.numbers)(name).ok_or(format!("`{name}` has no number")),
            Token::Symbol(symbol) => Err(format!("expected a number before `{symbol}`")),
        }
    }

    fn closed(&mut self) -> Result<f64, String> {
        let value = self.sum()?;
        self.takes(&[')']).map(|_| value).ok_or_else(|| "a `(` is not closed".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(name: &str) -> Option<f64> {
        match name {
            "images" => Some(2967.0),
            "t1" => Some(72.5),
            _ => None,
        }
    }

    fn value(text: &str) -> Result<f64, String> {
        Formula { tokens: tokens(text)? }.value(&numbers)
    }

    #[test]
    fn products_bind_before_sums_and_both_from_the_left() {
        assert_eq!(value("2 + 3 * 4 - 1"), Ok(13.0));
        assert_eq!(value("8 - 3 - 2"), Ok(3.0));
        assert_eq!(value("12 / 3 / 2"), Ok(2.0));
        assert_eq!(value("(2 + 3) * 4"), Ok(20.0));
        // 2967 * 0.275 = 815.925.
        assert_eq!(value("round(images * (1 - t1 / 100))"), Ok(816.0));
    }

    #[test]
    fn slips_are_named() {
        let error = |text| value(text).unwrap_err();
        assert_eq!(error("2 +"), "expected a number at the end");
        assert_eq!(error("2 3"), "expected an operator before `3`");
        assert_eq!(error("(2"), "a `(` is not closed");
        assert_eq!(error("round 2"), "expected `(` after `round`");
        assert_eq!(error("2 * )"), "expected a number before `)`");
        assert_eq!(error("imagse"), "`imagse` has no number");
        assert_eq!(error("2 ^ 3"), "`^` has no meaning in a formula");
        assert_eq!(error("1.2.3"), "`1.2.3` is no number");
        assert_eq!(error(""), "expected a number at the end");
    }

    #[test]
    fn a_formula_is_written_with_its_numbers() {
        let formula = Formula::parse("round(images*(1-t1/100))").unwrap();
        assert_eq!(formula.names().collect::<Vec<_>>(), ["images", "t1"]);
        let written = formula.written(&|name| numbers(name).unwrap().to_string());
        assert_eq!(written, "round(2967 × (1 - 72.5 / 100))");
    }
}
