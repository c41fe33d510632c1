// A JSON Schema (draft 7); valijson checks documents against it.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validation_results.hpp>
#include <valijson/validator.hpp>

namespace tristab {

class ParsedSchema {
 public:
  explicit ParsedSchema(nlohmann::json text) : text_(std::move(text)) {
    valijson::SchemaParser parser(valijson::SchemaParser::kDraft7);
    parser.populateSchema(valijson::adapters::NlohmannJsonAdapter(text_), schema_);
  }

  // "" if the document is valid, else the errors.
  std::string error(const nlohmann::json& document) const {
    valijson::Validator validator;
    valijson::ValidationResults results;
    if (validator.validate(schema_, valijson::adapters::NlohmannJsonAdapter(document), &results)) return "";
    std::string message;
    valijson::ValidationResults::Error error;
    while (results.popError(error)) {
      for (const std::string& step : error.context) message += step;
      message.append(": ").append(error.description).append("; ");
    }
    return message.empty() ? "invalid" : message;
  }

 private:
  nlohmann::json text_;
  valijson::Schema schema_;
};

}  // namespace tristab
