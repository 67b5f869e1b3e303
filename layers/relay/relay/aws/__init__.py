"""AWS: SQS and Secrets Manager behind small functions; clients come in as arguments."""
