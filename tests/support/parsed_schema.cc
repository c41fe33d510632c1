// The one file that compiles valijson, whose templates take long.
#include "support/parsed_schema.h"

#include <utility>
#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validation_results.hpp>
#include <valijson/validator.hpp>

namespace tristab {

struct ParsedSchema::Schema {
  nlohmann::json text;
  valijson::Schema parsed;
};

ParsedSchema::ParsedSchema(nlohmann::json text) {
  const auto schema = std::make_shared<Schema>();
  schema->text = std::move(text);
  valijson::SchemaParser parser(valijson::SchemaParser::kDraft7);
  parser.populateSchema(valijson::adapters::NlohmannJsonAdapter(schema->text), schema->parsed);
  schema_ = schema;
}

std::string ParsedSchema::error(const nlohmann::json& document) const {
  valijson::Validator validator;
  valijson::ValidationResults results;
  if (validator.validate(schema_->parsed, valijson::adapters::NlohmannJsonAdapter(document), &results)) return "";
  std::string message;
  valijson::ValidationResults::Error error;
  while (results.popError(error)) {
    for (const std::string& step : error.context) message += step;
    message.append(": ").append(error.description).append("; ");
  }
  return message.empty() ? "invalid" : message;
}

}  // namespace tristab
