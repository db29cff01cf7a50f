"""The server of 巡厅 Xunting: inspections in, scores, signed reports and decisions out."""
