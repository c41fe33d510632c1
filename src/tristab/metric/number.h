// What all numbers about a result have in common: a value or the reason why there is none, and a description.
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

namespace tristab {

// Why a number has no value. Results hold the text; readers recognise the reason by the complete text.
enum class Undefined : std::uint8_t {
  no,  // it has a value
  zero_over_zero,
  exact_result,  // infinite: a ratio to an error of 0
  exact_zero,    // infinite: an error relative to 0
  zero_column,   // infinite, of backward errors
  zero_scale,    // infinite, of componentwise backward errors
  beyond_double,
  nonfinite_result,
  above_diagonal,
  zero_diagonal,
  ill_conditioned,
  too_small,
  no_ulp,
  lost_input,
  not_formed,
  formed_nonfinite,
  not_decomposed,
  not_required,
  no_answer,  // a failed case, whose message says why
  other,      // a text of another version, or a null without one
};

// The text of a reason; "" for `no`.
std::string_view text_of(Undefined reason);
// `other` if the text is none of these.
Undefined undefined_of(std::string_view text);
// Whether the definition gives an infinity. Such a number ranks and counts as infinite.
bool is_infinite(Undefined reason);

// A number, or the reason why there is none.
struct Measured {
  double value = 0;  // NaN where undefined
  Undefined undefined = Undefined::no;

  Measured() = default;
  Measured(double number) : value(number) {}
  Measured(Undefined reason) : value(std::numeric_limits<double>::quiet_NaN()), undefined(reason) {}
  // For rankings and statistics: the infinity that the definition gives, NaN where it gives nothing. An error relative
  // to 0 is the worst: -infinity for a number of which larger is better.
  double ranked(bool larger_is_better) const {
    if (!is_infinite(undefined)) return value;
    return std::numeric_limits<double>::infinity() *
           (larger_is_better && undefined != Undefined::exact_result ? -1 : 1);
  }
};

// How the trials of one setting on one input are combined.
enum class Aggregate : std::uint8_t {
  none,
  // Median, tail, worst over the trials whose input is not trivial; a result that is not finite counts as infinitely
  // wrong.
  judged_trials,
  all_trials,  // the same over every trial that has the number, so that what explains a failure is kept
  largest,     // of the most expensive trial
  sum,         // a count, over all trials
};

// The description of a number: the columns of its entry in the table of a record's fields.
struct NumberInfo {
  std::string name;            // the field's name everywhere
  std::string formula;         // X exact, Xh computed, E = Xh - X, L = I + A, R = L Xh - I, u unit roundoff
  std::string_view range;      // values it can take, their unit, and which end is better
  std::string_view shows;      // what it is good for
  std::string_view hides;      // what it does not show
  std::string_view undefined;  // when it is null
  std::string_view source;     // who uses it, or where it is defined
  bool is_count = false;       // an integer; all others are real numbers
  bool larger_is_better = false;
  std::string_view words = {};  // what figures call the errors and growths that they show; "": they do not show it
  bool decibels = false;        // then finite values also have a mean, as published (arXiv 2606.06034)
  double minimum = 0, maximum = std::numeric_limits<double>::infinity();  // closed range, for the schema
  Aggregate aggregate = Aggregate::none;
};

}  // namespace tristab
