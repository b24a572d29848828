-- What was paid before this step: the payments of jobs as the earnings and the jobs tell of them.
INSERT INTO public.job_payment (job, customer_id, specialist_id, currency, gross, commission, tax, tax_code, promotion,
                                in_cash, paid_at, payable_at)
SELECT e.subject, j.customer_id, e.specialist_id, e.currency, e.gross, e.commission, e.tax, 'standard', 0,
       e.kind = 'cash', e.earned_at, e.payable_at
  FROM public.earning e JOIN public.job j ON j.id = e.subject
 WHERE e.kind IN ('job', 'cash') AND j.customer_id IS NOT NULL
ON CONFLICT (job) DO NOTHING;
