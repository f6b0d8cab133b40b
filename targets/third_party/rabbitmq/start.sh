#!/bin/sh
# Debian's RabbitMQ with one plugin, a node of its own: everything that it keeps is in FOLDER, and it listens on 127.0.0.1
# alone. Without an epmd it would start one that outlives it; so it has one of its own, which ends with its group. That one's
# port and the node's are below those that the kernel gives to connections.
# usage: start.sh PLUGIN PORT FOLDER      PLUGIN: rabbitmq_web_stomp or rabbitmq_web_mqtt
set -eu
plugin=$1 port=$2 folder=$3
epmd=$((10000 + (port + 1) % 10000)) node=$((20000 + (port + 2) % 10000))

cat >"$folder/rabbitmq.conf" <<EOF
listeners.tcp = none
${plugin#rabbitmq_}.tcp.ip = 127.0.0.1
${plugin#rabbitmq_}.tcp.port = $port
stomp.listeners.tcp = none
mqtt.listeners.tcp = none
mqtt.allow_anonymous = true
log.console = true
log.console.level = error
log.file = false
EOF
# A plugin's key without its plugin is an error.
case $plugin in
  *stomp) sed -i '/^mqtt/d' "$folder/rabbitmq.conf" ;;
  *mqtt) sed -i '/^stomp/d' "$folder/rabbitmq.conf" ;;
esac
echo "[$plugin]." >"$folder/enabled_plugins"

export HOME="$folder" \
  RABBITMQ_NODENAME="wsbench-$port@localhost" \
  RABBITMQ_CONFIG_FILE="$folder/rabbitmq.conf" \
  RABBITMQ_ENABLED_PLUGINS_FILE="$folder/enabled_plugins" \
  RABBITMQ_MNESIA_BASE="$folder/mnesia" \
  RABBITMQ_LOG_BASE="$folder/log" \
  RABBITMQ_GENERATED_CONFIG_DIR="$folder/config" \
  RABBITMQ_FEATURE_FLAGS_FILE="$folder/feature_flags" \
  RABBITMQ_PID_FILE="$folder/pid" \
  RABBITMQ_CONF_ENV_FILE=/dev/null \
  RABBITMQ_DIST_PORT="$node" \
  RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS="-kernel inet_dist_use_interface {127,0,0,1}" \
  ERL_EPMD_PORT="$epmd"

epmd -address 127.0.0.1 &
until epmd -names >/dev/null 2>&1; do
  kill -0 $! || exit 1
  sleep 0.05
done
exec /usr/lib/rabbitmq/bin/rabbitmq-server
