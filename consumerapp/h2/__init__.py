"""H2, home gateway (LNAP) to display: MQTT and KNXnet/IP payloads become readings."""
