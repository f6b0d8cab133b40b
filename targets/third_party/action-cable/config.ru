# Rails' Action Cable under Puma, without the rest of Rails: ChatChannel streams what any of its members speaks to all of
# them, and echoes to one.
# wsbench starts it: puma ... config.ru

require "logger"
require "action_cable"

class Connection < ActionCable::Connection::Base
end

class ChatChannel < ActionCable::Channel::Base
  def subscribed
    stream_from "chat"
  end

  def speak(data)
    ActionCable.server.broadcast("chat", { "body" => data["body"] })
  end

  def echo(data)
    transmit({ "body" => data["body"] })
  end
end

ActionCable.server.config.tap do |config|
  config.cable = { "adapter" => "async" }
  config.connection_class = -> { Connection }
  # A log would be measured too.
  config.logger = Logger.new(nil)
  # Clients without an Origin are no browsers.
  config.disable_request_forgery_protection = true
end

map("/cable") { run ActionCable.server }
